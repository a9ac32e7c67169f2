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

  it('forgets the sooner the longer the texts of its rockets are', () => {
    const cache = new HeadCache();
    const flying = (i: number, text: string) => ({
      ...rocket(`rocket-${i}`, 1),
      rocket: { ...launchedRocket, type: text, mission: null },
    });
    const text = 'x'.repeat(1024 * 1024);
    cache.put(flying(0, text));
    // The same one again is no more than it was.
    for (let i = 0; i < 100; i++) cache.put(flying(0, text));
    cache.put(flying(1, 'short'));
    for (let i = 2; i < 20; i++) cache.put(flying(i, text));
    expect(cache.get('rocket-19')).toBeDefined();
    expect(cache.get('rocket-2')).toBeDefined();
    for (let i = 20; i < 50; i++) cache.put(flying(i, text));
    expect(cache.get('rocket-1')).toBeUndefined();
    expect(cache.get('rocket-49')).toBeDefined();
  });
});

const launchedRocket = {
  status: 'flying',
  complete: true,
  launchedAt: null,
  speed: 1,
  speedChange: null,
} as const;
