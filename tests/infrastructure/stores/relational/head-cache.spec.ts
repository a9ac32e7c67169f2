import { unheardRocket } from '../../../../src/infrastructure/stores/relational/change-rows.js';
import { HeadCache } from '../../../../src/infrastructure/stores/relational/head-cache.js';

const rocket = (channel: string, revision: number) => ({ ...unheardRocket(1, channel), revision });

describe('the cache of heads', () => {
  it('knows the rocket that was put last', () => {
    const cache = new HeadCache();
    cache.put(rocket('a', 1));
    cache.put(rocket('a', 2));
    expect(cache.get('a')?.revision).toBe(2);
    expect(cache.get('b')).toBeUndefined();
    cache.clear();
    expect(cache.get('a')).toBeUndefined();
  });

  it('keeps what it knows when a slower reader comes with what was there before', () => {
    const cache = new HeadCache();
    cache.put(rocket('a', 2));
    cache.put(rocket('a', 1));
    expect(cache.get('a')?.revision).toBe(2);
  });

  it('forgets who was not asked for while as many others were as it keeps', () => {
    const cache = new HeadCache(10);
    for (let i = 0; i < 10; i++) cache.put(rocket(`rocket-${i}`, 1));
    cache.get('rocket-0');
    for (let i = 0; i < 9; i++) cache.put(rocket(`other-${i}`, 1));
    expect(cache.get('rocket-1')).toBeUndefined();
    expect(cache.get('rocket-0')?.revision).toBe(1);
    expect(cache.get('other-0')?.revision).toBe(1);
  });

  it('keeps nothing where it has no room', () => {
    const cache = new HeadCache(0);
    cache.put(rocket('a', 1));
    expect(cache.get('a')).toBeUndefined();
  });
});
