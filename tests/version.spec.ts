import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApi } from '../src/infrastructure/http/docs/openapi/asyncapi.js';
import { openApi } from '../src/infrastructure/http/docs/openapi/document.js';
import { version } from '../src/version.js';

const text = (file: string): string => readFileSync(join(__dirname, '..', file), 'utf8');
const versionIn = (file: string): unknown => (JSON.parse(text(file)) as { version: unknown }).version;

it('the version is the same wherever it is told', () => {
  expect(version()).toMatch(/^\d+\.\d+\.\d+$/);
  expect([versionIn('package.json'), versionIn('package-lock.json')]).toEqual([version(), version()]);
  expect([openApi.info.version, asyncApi.info.version]).toEqual([version(), version()]);
  expect(/^## (\S+)/m.exec(text('CHANGELOG.md'))?.[1]).toBe(version());
});

it('a program without its package.json runs all the same', () => {
  expect(version('/')).toBe('unknown');
});
