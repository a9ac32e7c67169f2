import { inWords, says, type KafkaSettings } from './connection.js';
import { KafkaRefused, type KafkaAdmin } from './kafka-library.js';

/** A topic that is there, or is made; answers who leads its partitions. Throws `KafkaRefused` for what no waiting would mend. */
export const madeTopic = async (
  admin: KafkaAdmin,
  topic: string,
  { partitions, sasl }: Pick<KafkaSettings, 'partitions' | 'sasl'>,
): Promise<readonly number[]> => {
  const who = sasl?.username ?? 'a client without a name';
  try {
    return await leadersOf(admin, topic);
  } catch (error) {
    if (says(error, 'TOPIC_AUTHORIZATION_FAILED'))
      throw new KafkaRefused(
        `The topic ${topic} is missing, or ${who} may not use it: let whoever runs Kafka make it, or allow it.`,
      );
    if (isTooOld(error)) {
      throw new KafkaRefused('The Kafka brokers are too old: 2.8 or newer is needed.');
    }
    if (isWrongLogin(error)) {
      throw new KafkaRefused(`Kafka takes no KAFKA_USERNAME and KAFKA_PASSWORD as these: ${inWords(error)}`);
    }
    if (!isMissing(error)) throw error;
  }
  try {
    // As many replicas as the brokers' own default says.
    await admin.createTopics({ topics: [topic], partitions, replicas: -1 });
  } catch (error) {
    if (says(error, 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED')) {
      throw new KafkaRefused(
        `The topic ${topic} is missing, and ${who} may not make it: let whoever runs Kafka do it, as by kafka-topics.sh --create --topic ${topic} --partitions ${partitions}`,
      );
    }
    if (!says(error, 'TOPIC_ALREADY_EXISTS')) throw error;
  }
  return whenKnown(() => leadersOf(admin, topic));
};

/** A broker learns only after a while of a topic that was made by another. */
const whenKnown = async <T>(find: () => Promise<T>): Promise<T> => {
  for (let left = 20; ; left--) {
    try {
      return await find();
    } catch (error) {
      if (!isMissing(error) || left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

const leadersOf = async (admin: KafkaAdmin, topic: string): Promise<readonly number[]> => {
  const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
  return topics.get(topic)!.partitions.map(({ leader }) => leader);
};

/** The client says so in its own words. */
const isMissing = (error: unknown): boolean =>
  says(error, 'UNKNOWN_TOPIC_OR_PARTITION') || /^Unknown topic /.test((error as Error).message);

const isTooOld = (error: unknown): boolean => says(error, 'PLT_KFK_UNSUPPORTED_API');

const isWrongLogin = (error: unknown): boolean => says(error, 'PLT_KFK_AUTHENTICATION');
