import { Asker } from '../../web/live/asker.js';

interface Open {
  readonly at: number;
  answer(): Promise<void>;
  fail(): Promise<void>;
}

const begun = Date.parse('2026-10-01T12:00:00Z');

/** A service that answers when the test says so. */
const service = () => {
  const asked: Open[] = [];
  const asker = new Asker(
    () =>
      new Promise<void>((resolve, reject) => {
        const settle = async (end: () => void): Promise<void> => {
          end();
          await jest.advanceTimersByTimeAsync(0);
        };
        asked.push({
          at: Date.now() - begun,
          answer: () => settle(resolve),
          fail: () => settle(() => reject(new Error('no'))),
        });
      }),
  );
  return { asker, asked };
};

beforeEach(() => jest.useFakeTimers({ now: begun }));
afterEach(() => jest.useRealTimers());

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('a question that is kept answered', () => {
  it('is asked at once, and outdated until it is answered', async () => {
    const { asker, asked } = service();
    asker.now();
    expect(asked).toHaveLength(1);
    expect(asker.outdatedSince).toBe(begun);
    await asked[0]!.answer();
    expect(asker.outdatedSince).toBeUndefined();
  });

  it('is asked again at most once a second, however often it is told of a change', async () => {
    const { asker, asked } = service();
    asker.now();
    await asked[0]!.answer();
    for (let told = 0; told < 100; told += 1) {
      await pass(30);
      asker.changed();
      if (asked.length > 1) await asked.at(-1)!.answer();
    }
    expect(asked.map(({ at }) => at)).toEqual([0, 1000, 2000, 3000]);
  });

  it('is never asked before it was answered, and is outdated by what happened meanwhile', async () => {
    const { asker, asked } = service();
    asker.now();
    await pass(3_000);
    asker.changed();
    await pass(3_000);
    expect(asked).toHaveLength(1);
    await asked[0]!.answer();
    expect(asker.outdatedSince).toBe(begun + 3_000);
    await pass(0);
    expect(asked).toHaveLength(2);
    await asked[1]!.answer();
    expect(asker.outdatedSince).toBeUndefined();
  });

  it('is asked every five seconds when nothing is told', async () => {
    const { asker, asked } = service();
    asker.now();
    await asked[0]!.answer();
    await pass(4_999);
    expect(asked).toHaveLength(1);
    await pass(1);
    expect(asked).toHaveLength(2);
  });

  it('is asked again after it failed, and stays outdated', async () => {
    const { asker, asked } = service();
    asker.now();
    await asked[0]!.fail();
    expect(asker.outdatedSince).toBe(begun);
    await pass(2_000);
    expect(asked).toHaveLength(2);
  });

  it('rests while it is held, but for what somebody wants to see now', async () => {
    const { asker, asked } = service();
    asker.now();
    await asked[0]!.answer();
    asker.hold(true);
    asker.changed();
    await pass(20_000);
    expect(asked).toHaveLength(1);
    expect(asker.outdatedSince).toBeUndefined();
    asker.now();
    expect(asked).toHaveLength(2);
    await asked[1]!.answer();
    asker.hold(false);
    await pass(1_000);
    expect(asked).toHaveLength(3);
  });

  it('asks for something else right after an answer to what nobody looks at any more', async () => {
    const { asker, asked } = service();
    asker.now();
    asker.now();
    asker.now();
    expect(asked).toHaveLength(1);
    await asked[0]!.answer();
    expect(asked).toHaveLength(2);
  });

  it('is asked again when it got lost on its way', async () => {
    const signals: AbortSignal[] = [];
    const asker = new Asker((signal) => {
      signals.push(signal);
      return new Promise((_answer, reject) => signal.addEventListener('abort', reject));
    });
    asker.now();
    await pass(20_000);
    expect(signals[0]?.aborted).toBe(true);
    await pass(2_000);
    expect(signals).toHaveLength(2);
    expect(asker.outdatedSince).toBe(begun);
  });

  it('is forgotten when nobody shows it any more', async () => {
    const { asker, asked } = service();
    asker.now();
    await asked[0]!.answer();
    asker.stop();
    asker.changed();
    await pass(20_000);
    expect(asked).toHaveLength(1);
  });
});
