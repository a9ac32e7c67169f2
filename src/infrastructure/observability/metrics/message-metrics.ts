import { outcomeKinds } from '../../../application/ingest/outcome.js';
import { histogram, type Definition } from './definition.js';
import type { MetricsBase, Scraped } from './sources.js';

const SECOND = 1 / 1000;

const outcomes = [...outcomeKinds, 'invalid', 'shed', 'failed'] as const;

/** What came in here, and how it got on. */
export const messageMetrics = (
  { counters, measures, budget }: MetricsBase,
  now: () => Scraped,
): readonly Definition[] => [
  {
    name: 'rockets_messages_total',
    type: 'counter',
    help: 'Messages by what became of them. shed: there was no room; failed: the store did not take it; queued: handed over to Kafka.',
    labels: ['outcome'],
    of: 'instance',
    read: () => [
      ...outcomes.map((outcome) => ({ labels: { outcome }, value: counters.messages[outcome] })),
      { labels: { outcome: 'queued' }, value: now().kafka?.gateway?.queued ?? 0 },
    ],
  },
  histogram(
    'rockets_ingest_duration_seconds',
    'From when a message was taken until its sender was told what became of it.',
    measures.ingestMs,
    SECOND,
  ),
  histogram('rockets_commit_duration_seconds', 'How long commits took.', measures.commitMs, SECOND),
  histogram('rockets_commit_messages', 'Messages that shared a commit.', measures.commitMessages, 1),
  {
    name: 'rockets_lane_queue_messages',
    type: 'gauge',
    help: 'Messages that were taken and wait for a worker.',
    of: 'instance',
    read: () => now().parts?.buffer.waiting,
  },
  {
    name: 'rockets_buffer_bytes',
    type: 'gauge',
    help: 'What is held in memory on the way: messages that are not stored yet, and answers that nobody has taken yet.',
    of: 'instance',
    read: () => budget.used,
  },
  {
    name: 'rockets_buffer_limit_bytes',
    type: 'gauge',
    help: 'As much may be held so (BUFFER_BYTES).',
    of: 'instance',
    read: () => budget.limit,
  },
];
