import { GapRefresh, type GapQuestion } from '../../web/live/gap-refresh.js';

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `rocket-${i}`);

/** Answers when it is told to, and pauses until it is told that a second has passed. */
const asked = (answers: readonly ('answer' | 'fail')[] = []) => {
  const questions: GapQuestion[] = [];
  const pauses: (() => void)[] = [];
  const refresh = new GapRefresh(
    async (question) => {
      questions.push(question);
      if (answers[questions.length - 1] === 'fail') throw new Error('no answer');
    },
    () => new Promise((resolve) => pauses.push(resolve)),
  );
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  const second = async (): Promise<void> => {
    await turns();
    pauses.shift()?.();
    await turns();
  };
  return { refresh, questions, second };
};

describe('gaps that have changed', () => {
  it('are asked for at once, and then once a second, however often it is told', async () => {
    const { refresh, questions, second } = asked();
    refresh.gapsChanged('a');
    expect(questions).toEqual([{ gapsOf: ['a'], lateOf: [] }]);
    for (const channel of ['b', 'c', 'b', 'a']) refresh.gapsChanged(channel);
    expect(questions).toHaveLength(1);
    await second();
    expect(questions.slice(1)).toEqual([{ gapsOf: ['b', 'c', 'a'], lateOf: [] }]);
    await second();
    expect(questions).toHaveLength(2);
    refresh.gapsChanged('d');
    expect(questions.slice(2)).toEqual([{ gapsOf: ['d'], lateOf: [] }]);
  });

  it('are asked for all together when they are of many rockets', async () => {
    const { refresh, questions, second } = asked();
    refresh.gapsChanged(undefined);
    expect(questions).toEqual([{ gapsOf: undefined, lateOf: [] }]);
    for (const channel of names(21)) refresh.gapsChanged(channel);
    await second();
    expect(questions.slice(1)).toEqual([{ gapsOf: undefined, lateOf: [] }]);
    for (const channel of names(20)) refresh.gapsChanged(channel);
    await second();
    expect(questions.slice(2)).toEqual([{ gapsOf: names(20), lateOf: [] }]);
  });

  it('are asked for again when there was no answer', async () => {
    const { refresh, questions, second } = asked(['fail', 'fail', 'answer']);
    refresh.gapsChanged(undefined);
    await second();
    refresh.messageLate('a');
    await second();
    expect(questions.slice(1)).toEqual([
      { gapsOf: undefined, lateOf: [] },
      { gapsOf: undefined, lateOf: ['a'] },
    ]);
    await second();
    expect(questions).toHaveLength(3);
  });

  it('are forgotten when everything is loaded anew', async () => {
    const { refresh, questions, second } = asked();
    refresh.gapsChanged('a');
    refresh.gapsChanged('b');
    refresh.messageLate('c');
    refresh.forget();
    await second();
    expect(questions).toEqual([{ gapsOf: ['a'], lateOf: [] }]);
  });
});

describe('messages that came late', () => {
  it('make their rockets be asked for, a few at a time', async () => {
    const { refresh, questions, second } = asked();
    refresh.messageLate('a');
    expect(questions).toEqual([{ gapsOf: [], lateOf: ['a'] }]);
    for (const channel of names(25)) refresh.messageLate(channel);
    await second();
    await second();
    expect(questions.slice(1)).toEqual([
      { gapsOf: [], lateOf: names(25).slice(0, 20) },
      { gapsOf: [], lateOf: names(25).slice(20) },
    ]);
  });
});
