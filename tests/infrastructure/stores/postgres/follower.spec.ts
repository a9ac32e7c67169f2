import { StoreUnavailable } from '../../../../src/application/ports/event-store.js';
import type { CallListener } from '../../../../src/infrastructure/stores/postgres/call-listener.js';
import { Positions } from '../../../../src/infrastructure/stores/postgres/events.js';
import type { Feed } from '../../../../src/infrastructure/stores/postgres/feed.js';
import { Follower } from '../../../../src/infrastructure/stores/postgres/follower.js';

it('who could not begin to follow hears no calls any more', async () => {
  let hearing = 0;
  const calls = {
    on: () => {
      hearing++;
      return () => hearing--;
    },
  } as unknown as CallListener;
  const feed = { lastPlace: () => Promise.reject(new StoreUnavailable('away')) } as unknown as Feed;
  const follower = new Follower(feed, new Positions('now'), calls);
  await expect(follower.follow(() => undefined)).rejects.toThrow('away');
  expect(hearing).toBe(0);
});
