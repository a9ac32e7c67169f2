import type { Logger } from '../../application/ports/logger.js';
import type { Assignment, RecordHandler, TopicRecord } from './assignment.js';
import { closeSoon, connectionOptions, inWords, type KafkaSettings } from './connection.js';
import type { CommittedOffset, KafkaConsumer, KafkaLibrary, RecordStream } from './kafka-library.js';

const SESSION_MS = 10_000;
/** Longer than to join takes while the group is made up anew. */
const REQUEST_MS = 15_000;
const SILENT_AFTER_MS = 20_000;
const LOOK_EVERY_MS = 500;
const LAG_EVERY_MS = 2000;
const ANEW_AFTER_MS = 250;
const ANEW_AFTER_AT_MOST_MS = 5000;
/** A client that has lived for so long did well. */
const GOOD_LIFE_MS = 30_000;

/** How a consumer is, for people. */
export interface GroupReport {
  readonly partitions: readonly { readonly partition: number; readonly lag: number }[];
  /** How often the group was made up anew while this instance was in it. */
  readonly rebalances: number;
  /** Clients that had to be made anew. */
  readonly remade: number;
  readonly heartbeatAgoSeconds?: number;
  /** Why the last client was given up, until one reads again. */
  readonly error?: string;
}

/**
 * Reads a topic as a member of a group, for as long as the process lives. The client's own ways of falling asleep are watched
 * from outside of it; whatever goes wrong with a client, another takes its place and reads on from what is committed.
 */
export class GroupReader {
  private rebalances = 0;
  /** When the last ones were. */
  private recent: number[] = [];
  private restlessAt = -Infinity;
  private remade = 0;
  private error: string | undefined;
  private member: Member | undefined;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();
  private wake = (): void => undefined;

  constructor(
    private readonly kafka: KafkaLibrary,
    private readonly settings: KafkaSettings,
    private readonly handler: RecordHandler,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    this.member?.end(undefined);
    await this.running;
  }

  get report(): GroupReport {
    const { rebalances, remade, member } = this;
    const isRestless = performance.now() - this.restlessAt < TOLD_FOR_MS;
    const error = this.error ?? (isRestless ? this.restless : undefined);
    const heartbeatAgoSeconds = member && Math.round(member.silentMs / 100) / 10;
    return {
      partitions: member?.lags ?? [],
      rebalances,
      remade,
      ...(heartbeatAgoSeconds === undefined ? {} : { heartbeatAgoSeconds }),
      ...(error === undefined ? {} : { error }),
    };
  }

  /** Two members of one name throw each other out for ever, and the client says nothing of it. */
  private rebalanced(): void {
    this.rebalances++;
    const now = performance.now();
    this.recent = [...this.recent.filter((at) => now - at < RESTLESS_MS), now];
    if (this.recent.length < RESTLESS) return;
    this.recent = [];
    this.restlessAt = now;
    this.logger.error(this.restless);
  }

  private get restless(): string {
    const { instance } = this.settings;
    return `The group is made up anew again and again: another instance may be called ${instance}, too (KAFKA_INSTANCE).`;
  }

  private async run(): Promise<void> {
    let pause = ANEW_AFTER_MS;
    while (!this.stopping) {
      const began = performance.now();
      const member = new Member(this.kafka, this.settings, this.handler, this.logger, {
        reads: () => (this.error = undefined),
        rebalanced: () => this.rebalanced(),
      });
      this.member = member;
      const reason = await member.live();
      this.member = undefined;
      if (this.stopping) return;
      this.remade++;
      this.error = inWords(reason);
      if (performance.now() - began > GOOD_LIFE_MS) pause = ANEW_AFTER_MS;
      this.logger.warn('the consumer of Kafka is made anew', { error: this.error, pauseMs: pause });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      pause = Math.min(2 * pause, ANEW_AFTER_AT_MOST_MS);
    }
  }
}

/** Within so long so many are more than any group needs that comes to an end with it. */
const RESTLESS_MS = 20_000;
const RESTLESS = 8;
const TOLD_FOR_MS = 60_000;

const refuseToJoin: KafkaConsumer['joinGroup'] = (_options, told) => {
  told(new Error('The group is made up anew by its heartbeats alone.'));
};

interface Watcher {
  reads(): void;
  rebalanced(): void;
}

/** One client in the group, from its making to its end. */
class Member {
  lags: GroupReport['partitions'] = [];
  private readonly consumer: KafkaConsumer;
  private reading: Reading | undefined;
  private lastHeartbeat = performance.now();
  private isJoined = false;
  /** How often an assignment was begun, and since when the last one is about to. */
  private turn = 0;
  private beginsSince: number | undefined;
  private lagAskedAt = -Infinity;
  private isOver = false;
  private reason: unknown;
  private ended = (): void => undefined;

  constructor(
    kafka: KafkaLibrary,
    private readonly settings: KafkaSettings,
    private readonly handler: RecordHandler,
    private readonly logger: Logger,
    private readonly watcher: Watcher,
  ) {
    this.consumer = new kafka.Consumer({
      ...connectionOptions(settings),
      requestTimeout: REQUEST_MS,
      retries: 3,
      retryDelay: 500,
      groupId: settings.group,
      groupInstanceId: settings.instance,
      autocommit: false,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: SESSION_MS,
      heartbeatInterval: 2000,
      heartbeatStallTimeout: SESSION_MS,
      maxWaitTime: 500,
      maxBytes: 1024 * 1024,
    });
  }

  /** Since the group last heard of this member, or it of the group. */
  get silentMs(): number {
    return performance.now() - this.lastHeartbeat;
  }

  /** Resolves when this client is of no more use, with the reason. */
  async live(): Promise<unknown> {
    const { consumer } = this;
    const isAlive = (): void => void (this.lastHeartbeat = performance.now());
    consumer.on('error', (error) => this.end(error));
    consumer.on('consumer:heartbeat:error', (error) =>
      this.logger.debug('a heartbeat failed', { error: inWords(error) }),
    );
    consumer.on('consumer:heartbeat:stalled', () => this.end(new Error('No heartbeat is answered.')));
    consumer.on('consumer:heartbeat:end', isAlive);
    consumer.on('consumer:group:rebalance', isAlive);
    consumer.on('consumer:group:join', () => {
      isAlive();
      this.watcher.rebalanced();
      // The first one is waited for by whoever asked for it.
      if (this.isJoined) this.read();
    });
    const watch = setInterval(() => this.look(), LOOK_EVERY_MS);
    await new Promise<void>((resolve) => {
      this.ended = resolve;
      this.read();
    });
    clearInterval(watch);
    this.reading?.leave();
    // First: a closed client knows no topic any more, and a stream that still fetches from it throws where nobody can catch it.
    this.reading?.close();
    await closeSoon(consumer, () => consumer.close(true));
    return this.reason;
  }

  end(reason: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.reason = reason;
    this.ended();
  }

  /** Of an assignment nothing is left when the group is made up anew: what was taken and not committed is read again. */
  private read(): void {
    const { consumer, settings } = this;
    const turn = ++this.turn;
    this.beginsSince = performance.now();
    // Of which partitions it is behind, and how far, is another matter now.
    this.lags = [];
    this.lagAskedAt = -Infinity;
    const old = this.reading;
    old?.leave();
    const options = { mode: 'committed', fallbackMode: 'earliest', autocommit: false } as const;
    consumer.consume({ ...options, topics: [settings.topic] }).then(
      (stream) => {
        this.isJoined = true;
        // A commit that came too late has the client join by itself, beside the join that is under way: when the leader of the
        // group does so, the group is made up anew, which makes other commits come too late, and so on for ever.
        consumer.joinGroup = refuseToJoin;
        // Not sooner: without a stream the client would forget the topic.
        old?.close();
        if (this.isOver || this.turn !== turn) return void stream.destroy();
        this.beginsSince = undefined;
        this.reading = new Reading(this, stream, consumer, settings.topic, this.handler, this.logger);
        this.watcher.reads();
      },
      (error: unknown) => this.end(error),
    );
  }

  private look(): void {
    if (this.silentMs > SESSION_MS + REQUEST_MS)
      this.end(new Error('The group was not heard of for too long.'));
    const { reading, beginsSince } = this;
    if (beginsSince !== undefined && performance.now() - beginsSince > SESSION_MS + REQUEST_MS)
      this.end(new Error('The client does not begin to read.'));
    if (reading !== undefined && reading.silentMs > SILENT_AFTER_MS) {
      this.end(new Error(`No fetch was answered for ${SILENT_AFTER_MS / 1000} s.`));
    }
    void this.lookAtLag();
  }

  private async lookAtLag(): Promise<void> {
    if (this.beginsSince !== undefined || performance.now() - this.lagAskedAt < LAG_EVERY_MS) return;
    this.lagAskedAt = performance.now();
    const { turn } = this;
    const { topic } = this.settings;
    try {
      const lags = (await this.consumer.getLag({ topics: [topic] })).get(topic) ?? [];
      if (this.turn !== turn) return;
      this.lags = lags.flatMap((lag, partition) => (lag < 0n ? [] : { partition, lag: Number(lag) }));
    } catch (error) {
      this.logger.debug('how far the topic is behind is not known', { error: inWords(error) });
    }
  }
}

/** One assignment: the group's generation, and the stream that began in it. */
class Reading implements Assignment {
  private isLeft = false;
  private isPaused = false;
  private lastFetch = performance.now();
  private committing: CommittedOffset[] = [];
  /** Where each partition was to begin, until it did. */
  private begun = new Map<string, bigint>();
  /** The same when the client had to look for another place. */
  private begunAnew = new Map<string, bigint>();
  private readonly lasts = new Map<number, bigint>();
  private readonly generation: number;

  constructor(
    private readonly member: Member,
    private readonly stream: RecordStream,
    private readonly consumer: KafkaConsumer,
    private readonly topic: string,
    handler: RecordHandler,
    private readonly logger: Logger,
  ) {
    this.generation = consumer.generationId;
    stream.on('error', (error) => {
      if (!this.isLeft) member.end(error);
    });
    stream.on('fetch', () => (this.lastFetch = performance.now()));
    stream.on('offsets', () => {
      if (this.begun.size === 0) this.begun = new Map(stream.offsetsToFetch);
      else this.begunAnew = new Map(stream.offsetsToFetch);
    });
    const take = handler.begin(this);
    stream.on('data', (record) => {
      this.tellOfJump(record);
      take(record);
    });
  }

  get isOver(): boolean {
    return this.isLeft || this.consumer.generationId !== this.generation;
  }

  /** Since a fetch was answered; nobody fetches while the handler has enough. */
  get silentMs(): number {
    return this.isPaused ? 0 : performance.now() - this.lastFetch;
  }

  pause(): void {
    this.isPaused = true;
    this.stream.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.lastFetch = performance.now();
    this.stream.resume();
  }

  async commit(nexts: ReadonlyMap<number, bigint>): Promise<void> {
    if (this.isOver) return;
    // A process that stood still for long knows nothing of what the group did meanwhile.
    if (this.member.silentMs > SESSION_MS) {
      this.member.end(new Error('No heartbeat within the session: nothing is committed.'));
      return;
    }
    this.committing = [...nexts].map(([partition, offset]) => ({
      topic: this.topic,
      partition,
      offset,
      leaderEpoch: -1,
    }));
    await this.consumer.commit({ offsets: this.committing }).catch((error: unknown) => {
      throw new Error(inWords(error));
    });
  }

  /** From now on nothing is taken or committed. */
  leave(): void {
    this.isLeft = true;
    // A commit that came too late is sent again by the client, as one of the next generation: then nothing of it may be left.
    this.committing.length = 0;
  }

  close(): void {
    this.stream.destroy();
  }

  /** The client says nothing of it when the broker has no records there any more, and goes on elsewhere. */
  private tellOfJump({ partition, offset }: TopicRecord): void {
    const key = `${this.topic}:${partition}`;
    const last = this.lasts.get(partition);
    this.lasts.set(partition, offset);
    const expected = last === undefined ? this.begun.get(key) : last + 1n;
    if (expected === undefined || offset === expected) return;
    // Offsets may have holes. What is gone is what the client went on behind.
    const anew = this.begunAnew.get(key) ?? expected;
    if (last !== undefined && offset > expected && (anew <= expected || anew > offset)) return;
    const place = `${this.topic}/${partition}`;
    const jump = { place, expected: String(expected), found: String(offset) };
    this.logger.error(
      offset > expected
        ? 'records are gone from the topic that nobody had read: their numbers stay missing'
        : 'the topic is not the one that was read before: it is read from its beginning',
      jump,
    );
  }
}
