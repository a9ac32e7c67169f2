import type { EarlyMessage } from './ports/event-store.js';
import type { Gap } from './ports/rocket-directory.js';

/** What is missing between the version and the early messages of one channel, from the lowest number up. */
export const gapsOf = (channel: string, version: number, early: Iterable<EarlyMessage>): Gap[] => {
  const runs = runsOf(version, early);
  const gaps: Gap[] = [];
  let since = Infinity;
  let waiting = 0;
  for (const run of runs.reverse()) {
    since = Math.min(since, run.since);
    waiting += run.waiting;
    const { from, to } = run;
    if (to >= from) gaps.push({ channel, from, to, since, waiting });
  }
  return gaps.reverse();
};

/** The hole `from…to`, possibly empty, and the unbroken run of early messages that follows it. */
interface Run {
  readonly from: number;
  readonly to: number;
  since: number;
  waiting: number;
}

const runsOf = (version: number, early: Iterable<EarlyMessage>): Run[] => {
  const runs: Run[] = [];
  let last = version;
  for (const { message, receivedAt } of early) {
    const run = runs.at(-1);
    if (run !== undefined && message.number === last + 1) {
      run.since = Math.min(run.since, receivedAt);
      run.waiting++;
    } else {
      runs.push({ from: last + 1, to: message.number - 1, since: receivedAt, waiting: 1 });
    }
    last = message.number;
  }
  return runs;
};
