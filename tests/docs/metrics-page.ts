import type { Metrics } from '../../src/infrastructure/observability/metrics/metrics.js';

interface Line {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly unit: string;
  readonly help: string;
}

/** docs/metrics.md as `make docs-metrics` writes it. */
export const metricsPage = (metrics: Metrics): string => {
  const ours = new Set(metrics.definitions.map(({ name }) => name));
  const of = (whom: 'fleet' | 'instance', isChosen: (name: string) => boolean = () => true): Line[] =>
    metrics.definitions
      .filter((one) => one.of === whom && isChosen(one.name))
      .map(({ name, type, labels = [], unit, help }) => ({ name, type, labels, unit, help }));
  const isOfKafka = (name: string): boolean => name.startsWith('rockets_kafka_');
  return [
    intro,
    '## Of the whole fleet: take `max`',
    ofFleet,
    tableOf(of('fleet')),
    '## Of one instance: take `sum`',
    ofInstance,
    tableOf(of('instance', (name) => !isOfKafka(name))),
    '## Only with Kafka before the store',
    ofKafka,
    tableOf(of('instance', isOfKafka)),
    '## Of the process and of Node',
    ofNode,
    tableOf(nodeMetrics(metrics).filter(({ name }) => !ours.has(name))),
  ]
    .join('\n\n')
    .concat('\n');
};

/** As prom-client keeps its own. */
const nodeMetrics = ({ registry }: Metrics): Line[] =>
  (registry.getMetricsAsArray() as unknown as (Line & { readonly labelNames?: readonly string[] })[]).map(
    ({ name, type, help, labelNames = [] }) => ({
      name,
      type,
      labels: labelNames,
      unit: /_(seconds|bytes)(_total)?$/.exec(name)?.[1] ?? '',
      help: `${(help ?? '').replace(/\.$/, '')}.`,
    }),
  );

const tableOf = (lines: readonly Line[]): string => {
  const rows = lines.map(({ name, type, labels, unit, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    unit,
    help,
  ]);
  const head = ['name', 'type', 'labels', 'unit', 'meaning'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
};

const intro = `# Metrics

\`GET /metrics\` tells Prometheus how the service is, in its text format. This page is written by \`make docs-metrics\` from the
metrics themselves, and a test fails when they differ.

    curl -s http://localhost:8088/metrics | grep '^rockets_'

- **Where:** on the main port, or on \`ADMIN_PORT\` and only there where that is set.
- **Who may:** everybody, or with \`AUTH\` a key with the scope \`read\` for the whole fleet: \`rockets keys create\` makes one,
  and Prometheus sends it as \`authorization: {credentials_file: …}\`. [alerts.md](alerts.md) has its configuration, the alert
  rules, and what to do about each.
- **Where \`ALLOWED_HOSTS\` is set,** the main port answers Prometheus only by one of these names; \`ADMIN_PORT\` by any.
- **While the store is away,** also before a start has found its database, the answer is still \`200\`: \`rockets_store_up\` is 0,
  the figures of the fleet are missing, and nobody waits for them longer than two seconds. Figures that the store cannot give in
  that time are left out by themselves; all others are told.
- **What it costs:** what a message adds to a counter or a histogram costs under 3 % of what the message does
  (\`make bench ARGS=metrics\`). Figures of the fleet are asked for once in a second at the most, however many ask. What has to be
  looked for, silent rockets and the lag of subscriptions, is looked for again when ten times as long has passed as that took, at
  most a minute; among more than 10,000 rockets the number of silent ones is up to ten seconds old.
- **No label is ever made up by a client:** channels, addresses and paths are none. \`route\` is a path of the table of routes, or
  \`other\`; \`subscription\` is a name that an operator gave, and there are at most 1,000:
  whoever may read learns these names here.
- **Durations** are in seconds and sizes in bytes. Counters begin at 0 with the process. Histograms have \`_bucket\`, \`_sum\` and
  \`_count\`.`;

const ofFleet =
  'These come from the store, and every instance over the same store tells the same. `max by (…) (…)` over the instances is the figure; `sum` would count it once for each.';

const ofInstance =
  'Each instance tells its own. `sum` over the instances is the figure of the cluster, of counters the sum of their `rate`s; of delays it is `max`.';

const ofKafka =
  'Told with `INGEST=kafka` or `CONSUME=kafka`. The lag of a partition is told by the instance that works it off.';

const ofNode =
  'What prom-client tells of any program on Node, in its words; some of it on Linux only. The event loop and garbage collection are measured from the first scrape on; [`rockets_event_loop_delay_seconds`](#of-one-instance-take-sum) does not depend on how often somebody asks, as `nodejs_eventloop_lag_*` does.';
