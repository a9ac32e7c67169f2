/* What KafkaTool drives: one call at a time, by messages of its parent, with whom it ends. Bytes are base64. */
const { Buffer } = require('node:buffer');
const { readFileSync } = require('node:fs');
const { setTimeout: delay } = require('node:timers/promises');
const kafka = require('@platformatic/kafka');

const { bootstrap, ca, sasl, patienceMs } = JSON.parse(process.argv[2]);
const options = {
  clientId: 'rockets-test-tool',
  bootstrapBrokers: bootstrap.split(','),
  tls: ca === undefined ? undefined : { ca: readFileSync(ca) },
  sasl,
  connectTimeout: 3000,
  requestTimeout: 10_000,
  timeout: 5000,
  retries: 2,
  retryDelay: 250,
  metadataMaxAge: 1000,
};
const { LATEST, EARLIEST } = kafka.ListOffsetTimestamps;
const RECORDS_PER_SEND = 1000;
const BYTES_PER_SEND = 4 * 1024 * 1024;
const BYTES_PER_FETCH = 4 * 1024 * 1024;

let clients;
let turn = 0;

const connected = () => {
  clients ??= {
    admin: new kafka.Admin(options),
    reader: new kafka.Consumer({ ...options, groupId: 'rockets-test-tool', maxWaitTime: 200 }),
    writer: new kafka.Producer(options),
  };
  return clients;
};

const forget = () => {
  if (clients === undefined) return;
  const { admin, reader, writer } = clients;
  clients = undefined;
  // What force means, an Admin takes for a function to call.
  for (const closed of [admin.close(), reader.close(true), writer.close(true)]) closed.catch(() => undefined);
};

/** The error with all that it has inside. */
const parts = (error) => [
  error,
  ...[...(error.errors ?? []), error.cause].filter((inner) => inner instanceof Error).flatMap(parts),
];
const inWords = (error) =>
  [...new Set(parts(error).map((one) => [one.apiId, one.message].filter(Boolean).join(': ')))].join('; ');

/** What another try will not change. */
const isFinal = (error) =>
  parts(error).some(
    ({ code, canRetry }) =>
      code === 'PLT_KFK_AUTHENTICATION' ||
      code === 'PLT_KFK_USER' ||
      (code === 'PLT_KFK_PROTOCOL' && !canRetry),
  );

/** Until it works, each time with new clients, as long as it may be a matter of time. */
const insist = async (call) => {
  const began = Date.now();
  for (;;) {
    try {
      return await call(connected());
    } catch (error) {
      forget();
      if (isFinal(error) || Date.now() - began > patienceMs) throw error;
      await delay(250);
    }
  }
};

const bytes = (text) => (text == null ? undefined : Buffer.from(text, 'base64'));
const text = (buffer) => (buffer == null ? null : buffer.toString('base64'));

/** As the Java client has it; records without a key go round. */
const partitionOf = ({ key, partition }, count) =>
  partition ?? (key ? kafka.compatibilityPartitioner({}, key) : turn++) % count;

/** The records in pieces that a broker takes, each for one partition: of several, one alone may fail. */
function* sends(topic, records, count) {
  const pieces = new Map();
  for (const record of records) {
    const message = { topic, key: bytes(record.key), value: bytes(record.value) };
    message.partition = partitionOf({ ...record, key: message.key }, count);
    message.headers = new Map(
      Object.entries(record.headers).map(([name, one]) => [Buffer.from(name), bytes(one)]),
    );
    let piece = pieces.get(message.partition) ?? { messages: [], size: 0 };
    const size = message.value?.length ?? 0;
    if (
      piece.messages.length === RECORDS_PER_SEND ||
      (piece.size > 0 && piece.size + size > BYTES_PER_SEND)
    ) {
      yield piece.messages;
      piece = { messages: [], size: 0 };
    }
    piece.messages.push(message);
    piece.size += size;
    pieces.set(message.partition, piece);
  }
  for (const { messages } of pieces.values()) yield messages;
}

const offsetsAt = async ({ reader }, topic, timestamp) =>
  (await reader.listOffsets({ topics: [topic], timestamp })).get(topic).map(Number);

const described = async ({ admin }, topic) => (await admin.metadata({ topics: [topic] })).topics.get(topic);

const fetched = async (now, topic, partition, offset) => {
  const { id: topicId, partitions } = await described(now, topic);
  const wanted = {
    partition,
    fetchOffset: BigInt(offset),
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    partitionMaxBytes: BYTES_PER_FETCH,
  };
  const { reader } = now;
  reader.topics.track(topic);
  const { responses } = await reader.fetch({
    node: partitions[partition].leader,
    topics: [{ topicId, partitions: [wanted] }],
    maxBytes: BYTES_PER_FETCH,
  });
  return responses
    .flatMap((one) => one.partitions)
    .filter((one) => one.partitionIndex === partition)
    .flatMap((one) => one.records ?? []);
};

const readPartition = async (topic, partition, from, end, tell) => {
  for (let at = from; at < end;) {
    const found = [];
    const next = await insist(async (now) => {
      let after = at;
      for (const batch of await fetched(now, topic, partition, at)) {
        const first = Number(batch.firstOffset);
        for (const { offsetDelta, key, value, headers } of batch.records) {
          const offset = first + offsetDelta;
          if (offset < at || offset >= end) continue;
          const all = headers.map(([name, one]) => [name.toString(), text(one)]);
          found.push({
            partition,
            offset,
            key: text(key),
            value: text(value),
            headers: Object.fromEntries(all),
          });
        }
        after = first + batch.lastOffsetDelta + 1;
      }
      return after;
    });
    if (found.length > 0) tell(found);
    at = next;
  }
};

const calls = {
  createTopic: ({ topic, partitions, configs, replicas }) =>
    insist(({ admin }) =>
      admin.createTopics({
        topics: [topic],
        partitions,
        replicas,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value: String(value) })),
      }),
    ).then(() => undefined),

  deleteTopic: ({ topic }) => insist(({ admin }) => admin.deleteTopics({ topics: [topic] })),

  topics: () => insist(({ admin }) => admin.listTopics()),

  async produce({ topic, records }) {
    const count = (await insist((now) => described(now, topic))).partitions.length;
    for (const messages of sends(topic, records, count)) {
      // Said to the producer it is not heard.
      await insist(({ writer }) => writer.send({ messages, acks: kafka.ProduceAcks.ALL }));
    }
  },

  async readAll({ topic }, tell) {
    const [from, to] = await insist(async (now) => [
      await offsetsAt(now, topic, EARLIEST),
      await offsetsAt(now, topic, LATEST),
    ]);
    for (const [partition, end] of to.entries())
      await readPartition(topic, partition, from[partition], end, tell);
  },

  startOffsets: ({ topic }) => insist((now) => offsetsAt(now, topic, EARLIEST)),

  endOffsets: ({ topic }) => insist((now) => offsetsAt(now, topic, LATEST)),

  committed: ({ group, topic }) =>
    insist(async ({ admin }) => {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [group] });
      const partitions = found?.topics.find(({ name }) => name === topic)?.partitions ?? [];
      return partitions.map(({ partitionIndex, committedOffset }) => [
        partitionIndex,
        Number(committedOffset),
      ]);
    }),

  describeGroup: ({ group }) =>
    insist(async ({ admin }) => {
      const found = (await admin.describeGroups({ groups: [group] })).get(group);
      const members = [...(found?.members.values() ?? [])].map((member) => ({
        id: member.id,
        instance: member.groupInstanceId ?? null,
        client: member.clientId,
        partitions: Object.fromEntries(
          [...(member.assignments?.values() ?? [])].map(({ topic, partitions }) => [topic, partitions]),
        ),
      }));
      return { state: found?.state ?? 'Dead', members };
    }),

  visit: ({ group, topic }) =>
    insist(async () => {
      const within = { sessionTimeout: 10_000, rebalanceTimeout: 10_000, requestTimeout: 15_000 };
      const visitor = new kafka.Consumer({ ...options, ...within, groupId: group });
      try {
        visitor.topics.track(topic);
        await visitor.joinGroup({});
        await visitor.leaveGroup();
      } finally {
        await visitor.close(true);
      }
    }),

  deleteRecords: ({ topic, before }) =>
    insist(({ admin }) =>
      admin.deleteRecords({
        topics: [
          {
            name: topic,
            partitions: before.map(([partition, offset]) => ({ partition, offset: BigInt(offset) })),
          },
        ],
      }),
    ).then(() => undefined),

  allow: ({ user, kind, name, operations }) =>
    insist(({ admin }) =>
      admin.createAcls({
        creations: operations.map((operation) => ({
          resourceType: kafka.ResourceTypes[kind],
          resourceName: name,
          resourcePatternType: kafka.ResourcePatternTypes.LITERAL,
          principal: `User:${user}`,
          host: '*',
          operation: kafka.AclOperations[operation],
          permissionType: kafka.AclPermissionTypes.ALLOW,
        })),
      }),
    ).then(() => undefined),
};

const answer = async ({ id, name, args }) => {
  try {
    const result = await calls[name](args, (part) => process.send({ id, part }));
    process.send({ id, result: result ?? null });
  } catch (error) {
    process.send({ id, error: inWords(error) });
  }
};

let last = Promise.resolve();
process.on('message', (call) => (last = last.then(() => answer(call))));
process.on('disconnect', () => process.exit());
