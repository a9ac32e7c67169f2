import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { clockTime } from '../model/format.js';
import { LagLog } from '../model/lag-log.js';
import type { SubscriptionJson } from '../model/wire.js';
import { Strip } from './strip.js';

/** What was seen since this page was opened; it goes on where it was when somebody comes back to a subscription. */
const logs = new Map<string, LagLog>();
const mostLogs = 50;

const logOf = ({ name, createdAt }: SubscriptionJson): LagLog => {
  const key = `${name} ${createdAt}`;
  const log = logs.get(key) ?? new LagLog();
  logs.delete(key);
  logs.set(key, log);
  for (const oldest of logs.keys()) if (logs.size > mostLogs) logs.delete(oldest);
  return log;
};

interface Props {
  readonly subscription: SubscriptionJson;
  /** When that was said, by the clock of the service. */
  readonly at: number;
}

/** How far behind it was, as far as this page has seen. */
export const LagPanel = ({ subscription, at }: Props) => {
  const seconds = useSignal(0);
  const second = seconds.value;
  useEffect(() => {
    const timer = setInterval(() => (seconds.value += 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const log = useMemo(() => {
    const known = logOf(subscription);
    known.add(at, subscription);
    return known;
  }, [subscription]);
  const series = useMemo(() => log.series(), [log, subscription, second]);
  const when = log.isOld() ? `at ${clockTime(log.latest?.at ?? 0)}` : 'now';
  const over = 'the time this page was open';
  const { xs } = series;
  return (
    <section class="lag-panel" aria-label="Lag">
      <div class="charts-head">
        <h2>
          Lag
          <span class="since">seen since {clockTime(xs[0] ?? at)} UTC, as long as this page is open</span>
        </h2>
      </div>
      <div class="lag-strips">
        <Strip
          name="Events behind"
          colour="--trace"
          xs={xs}
          values={series.events}
          over={over}
          at={when}
          height={140}
        />
        <Strip
          name="Seconds behind"
          colour="--gap"
          xs={xs}
          values={series.seconds}
          over={over}
          at={when}
          height={140}
        />
      </div>
    </section>
  );
};
