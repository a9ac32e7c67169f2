import { parts } from '../../../src/container.js';
import { launched, message } from '../../support/messages.js';
import { startService, type TestService } from '../../support/test-service.js';
import { documentedFetch } from '../../support/documented-fetch.js';

let service: TestService;

beforeEach(async () => {
  service = await startService();
});

afterEach(() => service.stop());

describe('GET /rockets/:channel?version=', () => {
  it('is asked for again each time: another store may hold another rocket of this name', async () => {
    await service.container.get(parts.ingest).ingest(message(1, launched(), 'a'), 100);
    const first = await documentedFetch(`${service.url}/rockets/a?version=1`);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const again = await documentedFetch(`${service.url}/rockets/a?version=1`, {
      headers: { 'If-None-Match': String(first.headers.get('etag')), 'Cache-Control': 'max-age=0' },
    });
    expect(again.status).toBe(304);
  });
});
