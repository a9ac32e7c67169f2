import { counted, inSeconds, inThousands } from '../output.js';
import type { Verdict } from '../verify/compare.js';
import type { WorkedOff } from '../verify/until-worked-off.js';
import type { Ending } from './delivery.js';
import type { Tally } from './tally.js';

export interface LaunchResult {
  readonly url: string;
  readonly seed: number;
  /** Sent in batches: latencies are those of a batch. */
  readonly ndjson: boolean;
  readonly ending: Ending;
  /** Messages that were made, each counted once. */
  readonly messages: number;
  readonly rockets: number;
  readonly tally: Tally;
  /** Only of what was queued and is to be verified: how long it took from the last answer on. */
  readonly workedOff?: { readonly how: WorkedOff; readonly seconds: number };
  /** Present when the run was verified. */
  readonly verdicts?: readonly Verdict[];
}

const SHOWN_ROCKETS = 5;
const SHOWN_DIFFERENCES = 5;
const outcomeOrder = ['queued', 'applied', 'buffered', 'duplicate', 'refused', 'conflict'];

export const isExact = ({ differences }: Verdict): boolean => differences.length === 0;

export const exitCodeOf = ({ ending, verdicts, tally }: LaunchResult, verify: boolean): number => {
  if (ending === 'interrupted') return 130;
  if (!verify) return 0;
  const exact = ending === 'complete' && verdicts?.every(isExact) === true;
  return exact && tally.malformedAccepted === 0 ? 0 : 1;
};

export const jsonReport = ({ tally, verdicts, ...run }: LaunchResult): string =>
  JSON.stringify({
    ...run,
    delivered: tally.delivered,
    dropped: tally.dropped,
    seconds: tally.seconds,
    perSecond: tally.rate,
    outcomes: Object.fromEntries(tally.outcomes),
    malformed: { refused: tally.malformedRefused, accepted: tally.malformedAccepted },
    retries: tally.retries,
    failures: Object.fromEntries(tally.failures),
    connections: tally.connections,
    latencyMs: {
      p50: tally.latencies.quantile(0.5),
      p99: tally.latencies.quantile(0.99),
      max: tally.latencies.max,
    },
    ...(verdicts && {
      verified: {
        rockets: verdicts.length,
        exact: verdicts.filter(isExact).length,
        earlierTimes: sum(verdicts.map(({ earlierTimes }) => earlierTimes)),
        differing: verdicts.filter((verdict) => !isExact(verdict)),
      },
    }),
  });

export const textReport = (result: LaunchResult): string[] => [
  ...runLines(result),
  ...troubleLines(result),
  ...(result.verdicts ? verdictLines(result.verdicts) : []),
];

const runLines = ({ tally, messages, rockets, ending, ndjson, workedOff }: LaunchResult): string[] => {
  const { latencies, malformedRefused, connections } = tally;
  const [p50, p99] = [0.5, 0.99].map((share) => latencies.quantile(share).toFixed(2));
  const stopped = ending === 'interrupted' ? 'Interrupted. ' : '';
  const lines = [
    `${stopped}${counted(tally.delivered, 'message')} answered in ${inSeconds(tally.seconds)}: ${inThousands(tally.rate)}/s`,
    `  made         ${inThousands(messages)}, by ${counted(rockets, 'rocket')}`,
    `  outcomes     ${list(inOrder(tally.outcomes)) || 'none'}`,
    `  latency      p50 ${p50} ms, p99 ${p99} ms, max ${latencies.max.toFixed(2)} ms${ndjson ? ' per batch' : ''}`,
  ];
  if (tally.outcomes.size === 1 && tally.outcomes.has('duplicate'))
    lines.push('  The service knew all of it already: try another --seed for other rockets.');
  if (!ndjson) lines.push(`  connections  ${inThousands(connections)}`);
  if (workedOff?.how === 'done')
    lines.push(`  worked off   ${inSeconds(workedOff.seconds)} after the last answer`);
  if (malformedRefused > 0)
    lines.push(`  malformed    ${inThousands(malformedRefused)} refused, as they must be`);
  return lines;
};

const troubleLines = ({ tally, ending, workedOff }: LaunchResult): string[] => {
  const lines: string[] = [];
  if (tally.failures.size > 0) {
    lines.push(`  trouble      ${list(tally.failures)}; tried again ${counted(tally.retries, 'time')}`);
  }
  if (tally.malformedAccepted > 0) {
    lines.push(`WRONG: ${counted(tally.malformedAccepted, 'malformed message')} accepted.`);
  }
  if (tally.dropped > 0 && ending === 'complete') {
    lines.push(
      `DROPPED: ${counted(tally.dropped, 'message')} still waited for a retry when the run ended, and are lost,`,
      'as with the official program. With --verify the run waits for them.',
    );
  }
  if (tally.dropped > 0 && ending === 'interrupted') {
    lines.push(`  unanswered   ${counted(tally.dropped, 'message')} on their way or waiting for a retry`);
  }
  if (ending === 'gave-up') {
    lines.push('GAVE UP: the service took no message for too long (--patience). Nothing was verified.');
  }
  if (workedOff?.how === 'stuck')
    lines.push('WRONG: the service got no further with what it had queued for too long (--patience).');
  return lines;
};

const verdictLines = (verdicts: readonly Verdict[]): string[] => {
  const differing = verdicts.filter((verdict) => !isExact(verdict));
  const earlier = sum(verdicts.map(({ earlierTimes }) => earlierTimes));
  const lines = differing.slice(0, SHOWN_ROCKETS).flatMap(({ channel, differences }) => {
    const more = differences.length - SHOWN_DIFFERENCES;
    return [
      `WRONG: rocket ${channel}`,
      ...differences.slice(0, SHOWN_DIFFERENCES).map((difference) => `  ${difference}`),
      ...(more > 0 ? [`  and ${counted(more, 'difference')} more`] : []),
    ];
  });
  if (differing.length > SHOWN_ROCKETS) {
    lines.push(
      `WRONG: ${counted(differing.length - SHOWN_ROCKETS, 'rocket')} more (--json lists every difference)`,
    );
  }
  if (earlier > 0) {
    lines.push(`The service held ${counted(earlier, 'message')} already, from an earlier run of this seed.`);
    if (differing.length > 0) lines.push('If that run was a longer one, try another --seed.');
  }
  lines.push(
    `${inThousands(verdicts.length - differing.length)} of ${counted(verdicts.length, 'rocket')} exact`,
  );
  return lines;
};

const inOrder = (outcomes: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map([...outcomes].sort(([a], [b]) => outcomeOrder.indexOf(a) - outcomeOrder.indexOf(b)));

const list = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${inThousands(count)} ${name}`).join(', ');

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
