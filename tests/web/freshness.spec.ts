import { freshnessOf, type Vitals } from '../../web/model/freshness.js';

const now = Date.parse('2026-10-01T12:00:10.000Z');
const good: Vitals = { provenAt: now - 1_000, trouble: undefined, lagMs: 0, outdatedSince: undefined };
const judged = (vitals: Partial<Vitals>, later = 0) => freshnessOf({ ...good, ...vitals }, now + later);

describe('how fresh the page is', () => {
  it('is not known before the first probe was answered', () => {
    expect(judged({ provenAt: undefined })).toMatchObject({ state: 'connecting', banner: undefined });
  });

  it('is live while questions are answered a moment after something happened', () => {
    expect(judged({})).toEqual({ state: 'live', label: 'live', banner: undefined });
    expect(judged({ outdatedSince: now - 1_200 }).state).toBe('live');
  });

  it('is so far behind as the oldest thing that happened and is not shown', () => {
    expect(judged({ outdatedSince: now - 7_300 })).toMatchObject({ state: 'behind', label: '7 s behind' });
    expect(judged({ outdatedSince: now - 180_000 }).label).toBe('3 minutes behind');
  });

  it('is so far behind as the feed itself', () => {
    expect(judged({ lagMs: 4_000 }).label).toBe('4 s behind');
  });

  it('is nothing when the service does not answer, and says since when', () => {
    const lost = judged({ trouble: 'silent', provenAt: now });
    expect(lost).toMatchObject({ state: 'lost', label: 'not connected since 12:00:10 UTC' });
    expect(lost.banner).toContain('What stands below is from 12:00:10 UTC.');
    expect(judged({ trouble: 'silent', provenAt: undefined }).label).toBe('not connected');
    expect(judged({ trouble: 'unavailable' }).banner).toContain('its store does not');
  });

  it('is nothing when probes stopped being answered, within five seconds', () => {
    expect(judged({ provenAt: now }, 4_000).state).toBe('live');
    expect(judged({ provenAt: now }, 4_750).state).toBe('lost');
  });
});
