import type { PlantedBug } from './planted-bugs.js';

const gateway = 'src/application/ingest/queue-messages.ts';
const consumer = 'src/infrastructure/kafka/consume-messages.ts';
const progress = 'src/infrastructure/kafka/progress.ts';
const rejected = 'src/infrastructure/kafka/rejected-records.ts';
const queue = 'src/infrastructure/kafka/kafka-queue.ts';
const writer = 'src/infrastructure/kafka/topic-writer.ts';
const group = 'tests/simulation/group.ts';

const handingOn: readonly PlantedBug[] = [
  {
    bug: 'a message is told to be queued before the broker has it',
    file: gateway,
    find: 'await this.queue.put(messages, this.traceparentsOf(some));',
    replace: `for (const sending of some) this.succeed(sending);
      await this.queue.put(messages, this.traceparentsOf(some));`,
  },
  {
    bug: 'a send that failed is told as queued',
    file: gateway,
    find: 'if (!(error instanceof MessageTooLarge)) throw error;',
    replace:
      'if (!(error instanceof MessageTooLarge)) return some.forEach((sending) => this.succeed(sending));',
  },
  {
    bug: 'what the broker did not take is not sent again',
    file: gateway,
    find: 'lane.waiting = [...lane.underWay.filter(({ isTold }) => !isTold), ...lane.waiting];',
    replace: '',
  },
  {
    bug: 'the second half of what was too large is never sent',
    file: gateway,
    find: 'return this.put(some.slice(half));',
    replace: 'return;',
  },
  {
    bug: 'the second half of what was too large is told as queued',
    file: gateway,
    find: 'return this.put(some.slice(half));',
    replace: 'return some.slice(half).forEach((sending) => this.succeed(sending));',
  },
  {
    bug: 'a message that is too large takes all others with it',
    file: gateway,
    find: "if (some.length === 1) return this.fail(some[0]!, error, 'invalid');",
    replace: "return some.forEach((sending) => this.fail(sending, error, 'invalid'));",
  },
  {
    bug: 'a message that is too large is sent again and again',
    file: gateway,
    find: "if (some.length === 1) return this.fail(some[0]!, error, 'invalid');",
    replace: 'if (some.length === 1) throw error;',
  },
  {
    bug: 'nobody is told that the broker does not answer',
    file: gateway,
    find: 'for (const sending of lane.underWay) if (sending.until <= now) this.giveUp(sending);',
    replace: '',
  },
  {
    bug: 'what has waited for too long vanishes',
    file: gateway,
    find: 'for (const sending of late) this.giveUp(sending);',
    replace: '',
  },
  {
    bug: 'only the first messages are watched',
    file: gateway,
    find: 'this.isWatching = false;',
    replace: '',
  },
  {
    bug: 'who was told that it failed is told when it worked after all',
    file: gateway,
    find: 'if (sending.isTold) return;\n    this.queued++;',
    replace: 'this.queued++;',
  },
  {
    bug: 'a gateway keeps the room of what it has handed on',
    file: gateway,
    find: 'this.budget.give(sending.bytes);',
    replace: '',
  },
  {
    bug: 'a gateway takes whatever comes',
    file: gateway,
    find: 'else if (held >= most)',
    replace: 'else if (held >= most + 1)',
  },
  {
    bug: 'a lane that was empty once never works again',
    file: gateway,
    find: 'lane.isBusy = false;',
    replace: '',
  },
  {
    bug: 'a gateway stops with messages in hand',
    file: gateway,
    find: 'if (this.held > 0) await',
    replace: 'if (this.held < 0) await',
  },
  {
    bug: 'a gateway that stops goes on taking',
    file: gateway,
    find: 'if (this.stopping) return new ShuttingDown();',
    replace: '',
  },
  {
    bug: 'a broker that does not answer keeps up the others',
    file: queue,
    find: 'return this.topics.leaderOf(this.topics.partitionOf(Buffer.from(channel)));',
    replace: 'return channel.length - channel.length;',
  },
  {
    bug: 'a send asks for the word of the leader alone',
    file: writer,
    find: 'acks: -1',
    replace: 'acks: 1',
  },
  {
    bug: 'a producer that has failed is used again',
    file: writer,
    find: 'if (this.producers.get(lane) === producer) this.producers.delete(lane);',
    replace: '',
  },
  {
    bug: 'what is too large is taken for a broker that is away',
    file: writer,
    find: "says(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')",
    replace: "says(error, 'RECORD_LIST_TOO_LARGE')",
  },
  {
    bug: 'a message is handed on with the number of the next',
    file: queue,
    find: 'messageNumber: number,',
    replace: 'messageNumber: number + 1,',
  },
];

const workingOff: readonly PlantedBug[] = [
  {
    bug: 'an offset is committed before the store has committed',
    file: consumer,
    find: 'const refusal = this.ingest.submit(message, record.value!.length, told, 0, taken.span);',
    replace: `const refusal = this.ingest.submit(message, record.value!.length, told, 0, taken.span);
    if (refusal === undefined) taking.settle(record, taken);`,
  },
  {
    bug: 'a record that the store did not take is passed over',
    file: consumer,
    find: 'taking.failed(offered);',
    replace: 'taking.settle(record, taken);',
  },
  {
    bug: 'a record that the store did not take is forgotten',
    file: consumer,
    find: 'taking.failed(offered);',
    replace: '',
  },
  {
    bug: 'a record for which there is no room is passed over',
    file: consumer,
    find: 'if (!this.offer(taking, offered)) taking.postpone(offered);',
    replace: 'if (!this.offer(taking, offered)) taking.settle(record, taken);',
  },
  {
    bug: 'records for which there is still no room are forgotten',
    file: consumer,
    find: 'this.postponed.splice(0, refused === -1 ? this.postponed.length : refused);',
    replace: 'this.postponed.splice(0);',
  },
  {
    bug: 'a record that failed and finds no room is forgotten',
    file: consumer,
    find: 'if (!this.messages.offer(this, offered)) this.postpone(offered);',
    replace: 'this.messages.offer(this, offered);',
  },
  {
    bug: 'a consumer takes more records than it can hold',
    file: consumer,
    find: 'this.inFlight < share * IN_FLIGHT &&',
    replace: '',
  },
  {
    bug: 'a consumer takes more bytes than it can hold',
    file: consumer,
    find: '&& this.bytes < share * IN_FLIGHT_BYTES',
    replace: '',
  },
  {
    bug: 'a consumer keeps the room of what it has worked off',
    file: consumer,
    find: 'this.bytes -= value?.length ?? 0;',
    replace: '',
  },
  {
    bug: 'a consumer that has paused sleeps for ever',
    file: consumer,
    find: 'if (!this.assignment.isOver) this.assignment.resume();',
    replace: '',
  },
  {
    bug: 'offsets that could not be committed are forgotten',
    file: consumer,
    find: 'this.toCommit = new Map([...nexts, ...this.toCommit]);',
    replace: '',
  },
  {
    bug: 'offsets that could not be committed take the place of newer ones',
    file: consumer,
    find: 'this.toCommit = new Map([...nexts, ...this.toCommit]);',
    replace: 'this.toCommit = new Map([...this.toCommit, ...nexts]);',
  },
  {
    bug: 'a new assignment goes on with what was taken in the old one',
    file: consumer,
    find: 'const taking = new Taking(',
    replace: 'const taking = this.current ?? new Taking(',
  },
  {
    bug: 'a consumer that stops does not wait for what it took',
    file: consumer,
    find: 'if (this.inFlight === 0 || this.isOver) resolve();',
    replace: 'resolve();',
  },
  {
    bug: 'a consumer that stops leaves before its last commit',
    file: consumer,
    find: 'await this.committing;',
    replace: '',
  },
  {
    bug: 'a consumer that stops goes on fetching',
    file: consumer,
    find: '!this.hasRoom(GO_ON_BELOW) || this.messages.isStopping) return;',
    replace: '!this.hasRoom(GO_ON_BELOW)) return;',
  },
  {
    bug: 'progress goes over a hole',
    file: progress,
    find: 'for (; this.taken[this.first]?.isSettled === true; this.first++)\n      this.next = this.taken[this.first]!.offset + 1n;',
    replace: 'if (taken.offset >= next) this.next = taken.offset + 1n;',
  },
  {
    bug: 'progress ends with the last record instead of behind it',
    file: progress,
    find: 'this.next = this.taken[this.first]!.offset + 1n;',
    replace: 'this.next = this.taken[this.first]!.offset;',
  },
  {
    bug: 'progress loses its place when what is done is cut off',
    file: progress,
    find: 'this.first = 0;',
    replace: '',
  },
  {
    bug: 'a commit that comes too late is one of the next assignment',
    file: group,
    find: 'this.committing.clear();',
    replace: '',
  },
  {
    bug: 'an assignment begins where the one before it stopped reading',
    file: group,
    find: 'group.broker.partitions[partition]!.committed);',
    replace: 'group.reads[partition]!.end);',
  },
];

const rejecting: readonly PlantedBug[] = [
  {
    bug: 'a conflict is not rejected',
    file: consumer,
    find: "if (result.outcome !== 'conflict') return",
    replace: "if (result.outcome !== 'queued') return",
  },
  {
    bug: 'the offset of a rejected record is committed before it is rejected',
    file: consumer,
    find: 'this.rejected.reject(record, problem, () => taking.settle(record, taken));',
    replace: 'taking.settle(record, taken);\n    this.rejected.reject(record, problem, () => undefined);',
  },
  {
    bug: 'a record is told to be rejected before the broker has it',
    file: rejected,
    find: 'await this.write(some);',
    replace: 'for (const { written } of some) written();\n        await this.write(some);',
  },
  {
    bug: 'rejected records are dropped when their topic fails',
    file: rejected,
    find: 'await this.clock.sleep(pause);',
    replace:
      'for (const { written } of this.waiting.splice(0, some.length)) written();\n        await this.clock.sleep(pause);',
  },
  {
    bug: 'rejected records are forgotten when their topic fails',
    file: rejected,
    find: 'await this.clock.sleep(pause);',
    replace: 'this.waiting.splice(0, some.length);\n        await this.clock.sleep(pause);',
  },
  {
    bug: 'the second half of rejected records that were too large is lost',
    file: rejected,
    find: 'await this.write(some.slice(half));',
    replace: '',
  },
  {
    bug: 'a rejected record that is too large is waited for for ever',
    file: rejected,
    find: 'if (some.length === 1) return this.writer.write([withoutBytes(some[0]!.record)]);',
    replace: 'if (some.length === 1) throw error;',
  },
  {
    bug: 'a rejected record that is too large is dropped',
    file: rejected,
    find: 'if (some.length === 1) return this.writer.write([withoutBytes(some[0]!.record)]);',
    replace: 'if (some.length === 1) return;',
  },
  {
    bug: 'rejected records are kept without their bytes, together, when they are too large together',
    file: rejected,
    find: 'if (some.length === 1) return this.writer.write([withoutBytes(some[0]!.record)]);',
    replace: 'if (some.length > 0) return this.writer.write(some.map(({ record }) => withoutBytes(record)));',
  },
  {
    bug: 'rejected records are held once more for each assignment',
    file: consumer,
    find: 'this.rejected.forget();',
    replace: '',
  },
  {
    bug: 'a conflict is held that shows when its assignment is over',
    file: consumer,
    find: 'if (taking.isOver) return;',
    replace: '',
    from: 1201,
  },
  {
    bug: 'what was rejected before the group was made up anew takes the place of what is after it',
    file: rejected,
    find: ' waiting.splice(0, some.length);',
    replace: ' this.waiting.splice(0, some.length);',
    from: 401,
  },
  {
    bug: 'a rejected record loses its own headers',
    file: rejected,
    find: '...headerEntries,',
    replace: '',
  },
  {
    bug: 'a rejected record loses its key',
    file: rejected,
    find: '...(ownKey && { key: ownKey }),',
    replace: '',
  },
];

/** Only a database refuses a change. */
const refusing: readonly PlantedBug[] = [
  {
    bug: 'what the store refuses is offered for ever',
    file: consumer,
    find: 'if (result instanceof ChangeRefused) {',
    replace: 'if (result.name === "never") {',
  },
  {
    bug: 'what the store refuses is passed over',
    file: consumer,
    find: "return this.reject(taking, record, taken, 'change-refused', result.message);",
    replace: 'return taking.settle(record, taken);',
  },
];

/** What can go wrong where Kafka stands in front. */
export const plantedKafkaBugs: readonly PlantedBug[] = [
  ...[...handingOn, ...workingOff, ...rejecting].map((bug) => ({ ...bug, kafka: true as const })),
  ...refusing.map((bug) => ({ ...bug, kafka: true as const, shared: true as const })),
];
