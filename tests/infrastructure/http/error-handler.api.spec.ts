import { StoreUnavailable, type StoredEvent } from '../../../src/application/ports/event-store.js';
import { parts } from '../../../src/container.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { documentedFetch } from '../../support/documented-fetch.js';
import { startService, type TestService } from '../../support/test-service.js';

class DamagedStore extends InMemoryEventStore {
  override read(): Promise<StoredEvent[]> {
    return Promise.reject(new StoreUnavailable('damaged: the history of a has no number 1'));
  }
}

let service: TestService;

beforeEach(async () => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  service = await startService({}, { store: new DamagedStore(directory), directory });
});

afterEach(() => service.stop());

it('tells whoever runs the service that its store fails, in words that the log sums up', async () => {
  const error = jest.spyOn(service.container.get(parts.logger), 'error');
  const body = JSON.stringify({
    metadata: {
      channel: 'a',
      messageNumber: 1,
      messageTime: '2022-02-02T19:39:05Z',
      messageType: 'RocketLaunched',
    },
    message: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' },
  });
  const headers = { 'Content-Type': 'application/json' };
  await documentedFetch(`${service.url}/messages`, { method: 'POST', headers, body });
  for (let i = 0; i < 3; i++) {
    const answer = await documentedFetch(`${service.url}/rockets/a/events`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ detail: 'damaged: the history of a has no number 1' });
  }
  expect(error.mock.calls.map(([message]) => message)).toEqual(
    Array.from({ length: 3 }, () => 'the store could not answer a request'),
  );
  const [, fields] = error.mock.calls[0]!;
  expect(fields).toMatchObject({ path: '/rockets/a/events' });
  expect(JSON.stringify(fields)).toContain('damaged: the history of a');
});
