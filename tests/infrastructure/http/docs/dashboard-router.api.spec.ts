import express from 'express';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { pageHeaders } from '../../../../src/infrastructure/http/docs/page-headers.js';
import { dashboardRouter } from '../../../../src/infrastructure/http/docs/dashboard-router.js';

let directory: string;

const app = () => express().use(dashboardRouter(pageHeaders(false), directory));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dashboard-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Rockets</title>');
  writeFileSync(join(directory, 'assets', 'main-ABC.js'), 'start();');
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('the dashboard', () => {
  it('lets nothing run or load that is not a file of this service', async () => {
    for (const path of ['/', '/assets/main-ABC.js']) {
      const { headers } = await request(app()).get(path).expect(200);
      const policy = headers['content-security-policy'];
      expect(policy).toMatch(/^default-src 'none';script-src 'self';style-src 'self';/);
      expect(policy).not.toMatch(/unsafe|http|\*/);
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('has its page asked for again and its assets kept for ever', async () => {
    const page = await request(app()).get('/').expect(200);
    expect(page.headers['cache-control']).toBe('no-cache');
    await request(app())
      .get('/')
      .set('If-None-Match', page.headers['etag'] ?? '')
      .expect(304);
    const asset = await request(app()).get('/assets/main-ABC.js').expect(200);
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('is sent compressed to who can read that, under a tag of its own', async () => {
    const gzipped = await request(app()).get('/').set('Accept-Encoding', 'gzip');
    const plain = await request(app()).get('/').set('Accept-Encoding', 'identity');
    expect(gzipped.headers['content-encoding']).toBe('gzip');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(gzipped.text).toBe(plain.text);
    expect(gzipped.headers['etag']).not.toBe(plain.headers['etag']);
    expect(gzipped.headers['vary']).toBe('Accept-Encoding');
  });

  it('serves what was built and nothing beside it', async () => {
    writeFileSync(join(directory, 'secret.txt'), 'secret');
    await request(app()).get('/assets/..%2fsecret.txt').expect(404);
    await request(app()).get('/secret.txt').expect(404);
    await request(app()).get('/assets/other.js').expect(404);
  });

  it('leaves `/` to others when it was not built', async () => {
    rmSync(join(directory, 'index.html'));
    await request(app()).get('/').expect(404);
  });
});
