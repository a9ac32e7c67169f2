import { byOperator, logAct, type Operator } from '../acts.js';
import { FewAtOnce } from '../few-at-once.js';
import type { Clock } from '../ports/clock.js';
import type { EventStore, Position } from '../ports/event-store.js';
import type { LogFields, Logger } from '../ports/logger.js';
import type { Delivered, Sinks } from '../ports/sink.js';
import type {
  NamePage,
  ParkedChanges,
  ParkedCounts,
  ParkedSequence,
  Secret,
  Selection,
  SinkSettings,
  Subscription,
  SubscriptionCounts,
  SubscriptionStore,
} from '../ports/subscription-store.js';

/** So many may there be. */
export const MOST_SUBSCRIPTIONS = 1000;
/** Behind a position nobody counts further. */
export const MOST_COUNTED = 100_000;
/** For so long what was signed with the old secret is still to be told from what anybody sent. */
export const OLD_SECRET_FOR_MS = 24 * 60 * 60 * 1000;
const TEST_TIMEOUT_MS = 10_000;
const REPORTS_AT_ONCE = 4;

export interface NewSubscription extends Selection {
  readonly name: string;
  /** Behind which position it begins. */
  readonly from: Position | 'start' | 'now';
  readonly sink: SinkSettings;
  /** Only for webhooks; made here when it is left out. */
  readonly secret?: string;
}

/** What an operator changes; `null` takes a filter away. */
export interface SubscriptionWish {
  readonly state?: 'running' | 'paused';
  readonly types?: Selection['types'] | null;
  readonly channels?: Selection['channels'] | null;
  readonly sink?: SinkSettings;
}

/** A subscription and what is not in its own row. */
export interface SubscriptionReport {
  readonly subscription: Subscription;
  readonly lag: { readonly events: number; readonly isMore: boolean; readonly ms: number };
  readonly parked: ParkedCounts;
  readonly isKept: boolean;
}

export type SubscriptionFault =
  | 'subscription-exists'
  | 'subscription-not-found'
  | 'too-many-subscriptions'
  | 'sink-refused'
  | 'no-secret'
  | 'nothing-parked';

/** What an operator asked for can't be done; nothing was changed. */
export class SubscriptionRefused extends Error {
  constructor(
    readonly code: SubscriptionFault,
    message: string,
  ) {
    super(message);
  }
}

/** What operators do with subscriptions. */
export class Subscriptions {
  constructor(
    private readonly store: SubscriptionStore,
    private readonly events: Pick<
      EventStore,
      'beginning' | 'lastPosition' | 'read' | 'readAll' | 'readAt' | 'compare'
    >,
    private readonly sinks: Sinks,
    private readonly clock: Clock,
    private readonly logger: Logger,
    /** Told what was changed here, so that whoever delivers in this instance need not find out. */
    private readonly changed: (name: string) => void,
  ) {}

  async create(wanted: NewSubscription, by: Operator | undefined): Promise<SubscriptionReport> {
    const { name, types, channels, from, sink, secret } = wanted;
    await this.requireSink(sink);
    const counts = await this.store.count();
    if (counts.running + counts.paused >= MOST_SUBSCRIPTIONS) {
      throw new SubscriptionRefused(
        'too-many-subscriptions',
        `There are ${MOST_SUBSCRIPTIONS} subscriptions, as many as there may be.`,
      );
    }
    const subscription: Subscription = {
      name,
      revision: 0,
      ...(types && { types }),
      ...(channels && { channels }),
      sink,
      createdAt: this.clock.now(),
      isPaused: false,
      position: await this.positionOf(from),
      replays: 0,
      delivered: 0,
      retried: 0,
    };
    if (!(await this.store.create(subscription, secret === undefined ? [] : [{ text: secret }]))) {
      throw new SubscriptionRefused('subscription-exists', `There is a subscription ${name} already.`);
    }
    this.done('made', name, by, { sink: loggable(sink), types, channels, position: subscription.position });
    return this.report(subscription);
  }

  async find(name: string): Promise<SubscriptionReport> {
    return this.report(await this.required(name));
  }

  async list(page: NamePage): Promise<SubscriptionReport[]> {
    const found = await this.store.list(page);
    const reports: SubscriptionReport[] = [];
    for (const subscription of found) reports.push(await this.report(subscription));
    return reports;
  }

  /** A filter is in force for what was not read yet, which begins at the position that is shown or soon behind it. */
  async change(name: string, wish: SubscriptionWish, by: Operator | undefined): Promise<SubscriptionReport> {
    const { state, sink } = wish;
    if (sink !== undefined) await this.requireSink(sink);
    const saved = await this.update(name, async (before) => {
      const after = changed(before, wish);
      if (!after.isPaused && (state === 'running' || sink !== undefined)) await this.requireSecret(after);
      return after;
    });
    this.done(actOf(wish), name, by, { ...wish, ...(sink && { sink: loggable(sink) }) });
    return this.report(saved);
  }

  async remove(name: string, by: Operator | undefined): Promise<void> {
    if (!(await this.store.remove(name))) throw subscriptionNotFound(name);
    this.done('removed', name, by);
  }

  /** Another secret, in force at once; the one before it is for a day. */
  async changeSecret(name: string, text: string, by: Operator | undefined): Promise<Secret> {
    const { sink } = await this.required(name);
    if (sink.type !== 'webhook') {
      throw new SubscriptionRefused('no-secret', `${name} goes to ${sink.type}: only webhooks are signed.`);
    }
    const now = this.clock.now();
    const [before] = await this.store.secrets(name);
    const until = now + OLD_SECRET_FOR_MS;
    await this.store.putSecrets(name, [{ text }, ...(before ? [{ text: before.text, until }] : [])]);
    this.done('secret changed', name, by);
    return { text };
  }

  /** Tells all behind a position once more; what is parked behind it is told again with it. */
  async replay(
    name: string,
    from: NewSubscription['from'],
    by: Operator | undefined,
  ): Promise<SubscriptionReport> {
    const position = await this.positionOf(from);
    const saved = await this.update(
      name,
      async (before) => ({ ...before, position, replays: before.replays + 1 }),
      (sequences) => ({
        drop: sequences
          .filter((one) => this.events.compare(one.position, position) > 0)
          .map(({ channel }) => channel),
      }),
    );
    this.done('replayed', name, by, { position });
    return this.report(saved);
  }

  async parked(name: string, page: NamePage): Promise<ParkedSequence[]> {
    await this.required(name);
    return this.store.parked(name, page);
  }

  /** Tries the sequence of a rocket again, or of all rockets that are not tried again by themselves; answers how many. */
  async retry(name: string, channel: string | undefined, by: Operator | undefined): Promise<number> {
    const now = this.clock.now();
    const again = (one: ParkedSequence): ParkedSequence => ({ ...one, since: now, tries: 0, nextTryAt: now });
    if (channel !== undefined) {
      await this.changeParked(name, channel, again);
      this.done('parked sequence tried again', name, by, { channel });
      return 1;
    }
    let count = 0;
    await this.update(
      name,
      async (before) => before,
      (sequences) => {
        const put = sequences.filter(({ nextTryAt }) => nextTryAt === undefined).map(again);
        count = put.length;
        return { put };
      },
    );
    this.done('parked sequences tried again', name, by, { count });
    return count;
  }

  /**
   * Gives up the events of a parked sequence up to a number, or all that wait; what follows goes on. Answers up to which
   * number.
   */
  async drop(
    name: string,
    channel: string,
    upTo: number | undefined,
    by: Operator | undefined,
  ): Promise<{ readonly from: number; readonly to: number }> {
    const now = this.clock.now();
    const { position } = await this.required(name);
    let dropped = { from: 0, to: 0 };
    await this.changeParked(name, channel, async (one) => {
      if (upTo !== undefined && upTo < one.number) {
        throw new SubscriptionRefused(
          'nothing-parked',
          `What is parked of ${channel} begins with ${one.number}.`,
        );
      }
      // Of what is yet to come, nobody knows whether it is refused.
      const last = Math.max((await this.lastNumber(channel, position)) ?? 0, one.number);
      dropped = { from: one.number, to: Math.min(upTo ?? last, last) };
      // Whoever replays from before it has what was dropped told again.
      const [at] = await this.events.read(channel, { after: dropped.to - 1, limit: 1 });
      const place = at?.number === dropped.to ? at.position : one.position;
      return { ...one, number: dropped.to + 1, position: place, since: now, tries: 0, nextTryAt: now };
    });
    this.done('parked events dropped', name, by, { channel, ...dropped });
    return dropped;
  }

  /** Sends one event that is marked as a test, at once and past all that waits. */
  async test(name: string, by: Operator | undefined): Promise<Delivered> {
    const subscription = await this.required(name);
    await this.requireSecret(subscription);
    const sink = this.sinks.open(name, subscription.sink, () => this.signingSecrets(name));
    try {
      const told = await sink.test(AbortSignal.timeout(TEST_TIMEOUT_MS));
      this.done('tested', name, by, { ...told });
      return told;
    } finally {
      await sink.close();
    }
  }

  /** Those in force, the newest first. */
  async signingSecrets(name: string): Promise<readonly string[]> {
    const now = this.clock.now();
    const secrets = await this.store.secrets(name);
    return secrets.filter(({ until = Infinity }) => until > now).map(({ text }) => text);
  }

  /** Of all there are, a few at a time. */
  async reports(): Promise<SubscriptionReport[]> {
    const turns = new FewAtOnce(REPORTS_AT_ONCE);
    const all = await this.store.list({ limit: MOST_SUBSCRIPTIONS });
    return Promise.all(all.map((one) => turns.run(() => this.report(one))));
  }

  counts(): Promise<SubscriptionCounts> {
    return this.store.count();
  }

  private async report(subscription: Subscription): Promise<SubscriptionReport> {
    const { name, position } = subscription;
    const [behind, parked, next] = await Promise.all([
      this.store.countBehind(position, MOST_COUNTED),
      this.store.countParked(name),
      this.events.readAll({ after: position, limit: 1 }),
    ]);
    const [first] = next.events;
    const ms = first === undefined ? 0 : Math.max(0, this.clock.now() - first.recordedAt);
    const lag = { events: behind, isMore: behind >= MOST_COUNTED, ms };
    return { subscription, lag, parked, isKept: this.store.isKept };
  }

  private async positionOf(from: NewSubscription['from']): Promise<Position> {
    if (from === 'start') return this.events.beginning;
    if (from === 'now') return this.events.lastPosition();
    // Throws for one that is not of this history.
    await this.events.readAll({ after: from, limit: 1 });
    return from;
  }

  /** The number of the last event of a rocket at or before a position. */
  private async lastNumber(channel: string, position: Position): Promise<number | undefined> {
    const at = await this.events.readAt(position);
    if (at?.channel === channel) return at.number;
    const { events } = await this.events.readAll({ channel, after: position, limit: 1, order: 'desc' });
    return events[0]?.number;
  }

  private async required(name: string): Promise<Subscription> {
    const found = await this.store.find(name);
    if (found === undefined) throw subscriptionNotFound(name);
    return found;
  }

  private async requireSink(sink: SinkSettings): Promise<void> {
    const problem = await this.sinks.problemOf(sink);
    if (problem !== undefined) throw new SubscriptionRefused('sink-refused', problem);
  }

  private async requireSecret({ name, sink }: Subscription): Promise<void> {
    if (sink.type !== 'webhook' || (await this.signingSecrets(name)).length > 0) return;
    throw new SubscriptionRefused(
      'no-secret',
      `${name} has no secret to sign with, and a webhook runs with none: make one while it is paused.`,
    );
  }

  private async changeParked(
    name: string,
    channel: string,
    change: (one: ParkedSequence) => ParkedSequence | Promise<ParkedSequence>,
  ): Promise<void> {
    for (;;) {
      const before = await this.required(name);
      const one = await this.store.findParked(name, channel);
      if (one === undefined) {
        throw new SubscriptionRefused('nothing-parked', `Nothing of ${channel} is parked in ${name}.`);
      }
      const saved = await this.store.save(before, { put: [await change(one)] });
      if (saved !== undefined) return;
    }
  }

  /** Again and again, as long as somebody else writes between. */
  private async update(
    name: string,
    change: (before: Subscription) => Promise<Subscription>,
    ofParked?: (sequences: readonly ParkedSequence[]) => ParkedChanges,
  ): Promise<Subscription> {
    for (;;) {
      const before = await this.required(name);
      const parked = ofParked?.(await allParked(this.store, name));
      const saved = await this.store.save(await change(before), parked);
      if (saved !== undefined) return saved;
    }
  }

  private done(what: string, name: string, by: Operator | undefined, fields?: LogFields): void {
    logAct(this.logger, `subscription ${what}`, byOperator(by), { name, ...fields }, by?.requestId);
    this.changed(name);
  }
}

/** Whoever looks for why nothing is delivered looks for a pause. */
const actOf = ({ state, ...others }: SubscriptionWish): string => {
  if (state === undefined || Object.values(others).some((value) => value !== undefined)) return 'changed';
  return state === 'paused' ? 'paused' : 'resumed';
};

/** What follows in a URL may be a secret of its own. */
const loggable = (sink: SinkSettings): object =>
  sink.type === 'webhook' ? { type: sink.type, origin: new URL(sink.url).origin } : sink;

const changed = (before: Subscription, { state, types, channels, sink }: SubscriptionWish): Subscription => ({
  ...before,
  types: types === undefined ? before.types : (types ?? undefined),
  channels: channels === undefined ? before.channels : (channels ?? undefined),
  sink: sink ?? before.sink,
  isPaused: state === undefined ? before.isPaused : state === 'paused',
  pausedAs: state === undefined ? before.pausedAs : undefined,
  // What another receiver says, or the same one asked anew, is not known yet.
  failing: sink !== undefined || state === 'running' ? undefined : before.failing,
});

const PAGE = 1000;

/** Every sequence of a subscription. */
export const allParked = async (
  store: Pick<SubscriptionStore, 'parked'>,
  name: string,
): Promise<ParkedSequence[]> => {
  const all: ParkedSequence[] = [];
  for (;;) {
    const page = await store.parked(name, { after: all.at(-1)?.channel, limit: PAGE });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
};

/** A subscription and every sequence of it, of one and the same moment. */
export const readWhole = async (
  store: Pick<SubscriptionStore, 'find' | 'parked'>,
  name: string,
): Promise<{ readonly subscription: Subscription; readonly rows: readonly ParkedSequence[] } | undefined> => {
  let subscription = await store.find(name);
  while (subscription !== undefined) {
    const rows = await allParked(store, name);
    const now = await store.find(name);
    if (now?.revision === subscription.revision && now.createdAt === subscription.createdAt)
      return { subscription, rows };
    subscription = now;
  }
  return undefined;
};

export const subscriptionNotFound = (name: string): SubscriptionRefused =>
  new SubscriptionRefused('subscription-not-found', `There is no subscription ${name}.`);
