import { figure, plural, rateFigure } from './format.js';
import type { KafkaJson } from './wire.js';

/** One figure of what stands before the store. */
export interface KafkaRow {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
  /** It asks for attention. */
  readonly isBad: boolean;
}

type Consumer = NonNullable<KafkaJson['consumer']>;

/** Listed by themselves, the longest first. */
const LISTED = 12;

export const kafkaRows = ({ gateway, consumer }: KafkaJson): readonly KafkaRow[] => [
  ...(gateway === undefined ? [] : gatewayRows(gateway)),
  ...(consumer === undefined ? [] : consumerRows(consumer)),
];

/** What keeps messages from getting in, or on. */
export const kafkaTroubles = ({ gateway, consumer }: KafkaJson): readonly string[] => [
  ...(gateway?.error === undefined ? [] : [`Kafka takes no messages: ${gateway.error}`]),
  ...(consumer?.error === undefined ? [] : [`What Kafka holds is not worked off: ${consumer.error}`]),
];

const row = (name: string, value: string, meaning: string, isBad = false): KafkaRow => ({
  name,
  value,
  meaning,
  isBad,
});

const gatewayRows = ({ queued, waiting }: NonNullable<KafkaJson['gateway']>): readonly KafkaRow[] => [
  row(
    'Queued',
    figure(queued),
    'Handed over to Kafka since the start. They count above where they are worked off.',
  ),
  row('On the way', figure(waiting), 'Not in Kafka yet: their senders wait for the answer.'),
];

const consumerRows = (consumer: Consumer): readonly KafkaRow[] => {
  const { partitions, rejected, rebalances, remade, heartbeatAgoSeconds } = consumer;
  const behind = partitions.reduce((sum, { lag }) => sum + lag, 0);
  return [
    row('Behind', figure(behind), behindIn(partitions)),
    row(
      'Rejected',
      figure(rejected),
      'No message could be made of them. They stand in a topic of their own: npx rockets rejected list',
      rejected > 0,
    ),
    row(
      'Last heartbeat',
      heartbeatAgoSeconds === undefined ? '—' : `${rateFigure(heartbeatAgoSeconds)} s ago`,
      'When this instance and its group last heard of each other.',
    ),
    row('Rebalances', figure(rebalances), 'How often the group gave out its partitions anew.'),
    row('Made anew', figure(remade), 'How often the connection to the group was given up and begun again.'),
  ];
};

const behindIn = (partitions: Consumer['partitions']): string => {
  if (partitions.length === 0)
    return 'It has no partition: others have them all, or it is not in the group yet.';
  const late = [...partitions].filter(({ lag }) => lag > 0).sort((a, b) => b.lag - a.lag);
  const of = `of ${plural(partitions.length, 'partition')}`;
  if (late.length === 0) return `Everything ${of} is worked off.`;
  const listed = late.slice(0, LISTED).map(({ partition, lag }) => `no. ${partition}: ${figure(lag)}`);
  const more = late.length > LISTED ? `, and ${figure(late.length - LISTED)} more` : '';
  return `Not worked off yet in ${figure(late.length)} ${of}: ${listed.join(', ')}${more}.`;
};
