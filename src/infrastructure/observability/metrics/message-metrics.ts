import type { Histogram } from '../../../application/histogram.js';
import { outcomeKinds } from '../../../application/ingest/outcome.js';
import { samplesOf, type Definition } from './definition.js';
import type { MetricsBase, Scraped } from './sources.js';

const outcomes = [...outcomeKinds, 'invalid', 'shed', 'failed'] as const;

const seconds = (name: string, help: string, countedMs: Histogram): Definition => ({
  name,
  type: 'histogram',
  help,
  unit: 'seconds',
  of: 'instance',
  read: () => samplesOf(name, countedMs, 1000),
});

/** What came in here, and how it got on. */
export const messageMetrics = (
  { counters, measures, budget }: MetricsBase,
  now: () => Scraped,
): readonly Definition[] => [
  {
    name: 'rockets_messages_total',
    type: 'counter',
    help: 'Messages by what became of them: as their senders were told, or invalid; shed, as there was no room; failed, as the store did not take them; queued, as they were handed over to Kafka.',
    unit: 'messages',
    labels: ['outcome'],
    of: 'instance',
    read: () => [
      ...outcomes.map((outcome) => ({ labels: { outcome }, value: counters.messages[outcome] })),
      { labels: { outcome: 'queued' }, value: now().kafka?.gateway?.queued ?? 0 },
    ],
  },
  seconds(
    'rockets_ingest_duration_seconds',
    'From when a message was taken until its sender was told what became of it.',
    measures.ingestMs,
  ),
  seconds('rockets_commit_duration_seconds', 'How long commits took.', measures.commitMs),
  {
    name: 'rockets_commit_messages',
    type: 'histogram',
    help: 'Messages that shared a commit.',
    unit: 'messages',
    of: 'instance',
    read: () => samplesOf('rockets_commit_messages', measures.commitMessages, 1),
  },
  {
    name: 'rockets_lane_queue_messages',
    type: 'gauge',
    help: 'Messages that were taken and wait for a worker.',
    unit: 'messages',
    of: 'instance',
    read: () => now().parts?.buffer.waiting,
  },
  {
    name: 'rockets_buffer_bytes',
    type: 'gauge',
    help: 'What is held in memory on the way: messages that are not stored yet, and answers that nobody has taken yet.',
    unit: 'bytes',
    of: 'instance',
    read: () => budget.used,
  },
  {
    name: 'rockets_buffer_limit_bytes',
    type: 'gauge',
    help: 'So much may be held on the way (BUFFER_BYTES).',
    unit: 'bytes',
    of: 'instance',
    read: () => budget.limit,
  },
];
