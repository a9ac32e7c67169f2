import { EarlyList } from '../../src/application/early-messages.js';
import { FeedBurst } from '../../src/application/feed-burst.js';
import { GapNotices } from '../../src/application/gap-notices.js';
import { gapsOf } from '../../src/application/gaps.js';
import type { Head } from '../../src/application/ports/event-store.js';
import type { RocketDirectory } from '../../src/application/ports/rocket-directory.js';
import { initialState } from '../../src/application/rocket-state.js';
import { changeOn, earlyMessage } from '../support/builders.js';

let early: EarlyList;
let notices: GapNotices;

beforeEach(() => {
  early = new EarlyList();
  notices = new GapNotices();
});

/** A message from ahead of the history, which stays where it is. */
const hear = (number: number): void => {
  const head: Head = { channel: 'a', revision: 0, state: initialState, early, recorded: new Map() };
  notices.note(changeOn(head, { added: [earlyMessage('a', number)] }), head);
  early.add(earlyMessage('a', number));
};

const directory: Pick<RocketDirectory, 'gaps'> = {
  gaps: ({ channel, after, limit }) => {
    const gaps = gapsOf(channel!, 0, early, { after: after?.from ?? 0, limit });
    const last = gaps.at(-1);
    return Promise.resolve({
      gaps,
      next: gaps.length < limit ? undefined : last && { channel: 'a', from: last.from },
    });
  },
};

const told = async () => {
  const { opened, closed } = await notices.take(directory as RocketDirectory);
  return {
    opened: opened.map(({ from, to }) => [from, to]),
    closed: closed.map(({ from, to }) => [from, to]),
  };
};

describe('what became of gaps', () => {
  it('is told as it stands, without what came and went', async () => {
    hear(9);
    hear(5);
    expect(await told()).toEqual({
      opened: [
        [1, 4],
        [6, 8],
      ],
      closed: [],
    });
    expect(notices.isEmpty).toBe(true);
  });

  it('is told whole when somebody may have read of it', async () => {
    hear(9);
    await notices.reading(() => Promise.resolve());
    hear(5);
    expect(await told()).toEqual({
      opened: [
        [1, 4],
        [6, 8],
      ],
      closed: [[1, 8]],
    });
  });

  it('is told whole while somebody reads', async () => {
    let done = (): void => undefined;
    const reading = notices.reading(() => new Promise<void>((resolve) => (done = resolve)));
    hear(9);
    hear(5);
    done();
    await reading;
    hear(3);
    expect(await told()).toEqual({
      opened: [
        [1, 2],
        [4, 4],
        [6, 8],
      ],
      closed: [
        [1, 8],
        [1, 4],
      ],
    });
  });

  it('is told to a reader that is ahead of the shared reading, or elsewhere', () => {
    const closed = [{ channel: 'a', from: 2, to: 2 }];
    const burst = new FeedBurst('p1', { events: [], next: 'p2', end: false }, { closed, opened: [] });
    expect(burst.newsBehind('p2', {})).toEqual({ kind: 'news', events: [], closed, opened: [] });
    expect(burst.newsBehind('p9', {})).toBe('not-here');
    expect(burst.gapNewsFor({})).toEqual({ kind: 'news', events: [], closed, opened: [] });
    expect(burst.gapNewsFor({ channel: 'b' })).toBeUndefined();
  });
});
