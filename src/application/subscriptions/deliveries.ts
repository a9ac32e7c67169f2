import type { Lease } from '../ports/subscription-store.js';
import { Bell } from './bell.js';
import { Delivery, type DeliveryParts, type Right } from './delivery.js';
import { Share, type Load } from './share.js';

/** Whoever delivers says that he still does long before that. */
const LEASE_MS = 3000;
/** Our own clock need not run like the database's; what was begun before the end is over soon after it. */
const MARGIN_MS = 500;
const LOOK_EVERY_MS = 700;
const BEGUN_TOGETHER = 8;
/** With many subscriptions each checkpoint is written less often, so that all together are few. */
const SAVE_EVERY_MS = 250;
const SAVE_MS_EACH = 5;

/** Delivers all subscriptions whose turn it is here, each in a loop of its own, for as long as this instance may. */
export class Deliveries {
  private readonly running = new Map<string, Delivery>();
  private readonly ends = new Set<Promise<void>>();
  private readonly bell: Bell;
  private readonly share: Share;
  private stopping = false;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly parts: Omit<DeliveryParts, 'saveEveryMs' | 'share'>,
    /** Names this instance among those that share the store. */
    private readonly holder: string,
    load?: Load,
  ) {
    this.bell = new Bell(parts.clock);
    this.share = new Share(parts.clock, load);
  }

  start(): void {
    this.looking = this.look();
  }

  /** Somebody has changed a subscription, here. */
  changed(name: string): void {
    this.running.get(name)?.lookAgain();
    this.bell.ring();
  }

  /** Every delivery ends behind what was told, and others need not wait for the ends of our leases. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.bell.ring();
    this.share.open();
    for (const delivery of this.running.values()) delivery.stop();
    await this.looking;
    await Promise.all(this.ends);
    await this.parts.store.letGo(this.holder).catch(() => undefined);
  }

  private async look(): Promise<void> {
    const { logger, clock } = this.parts;
    let isAway = false;
    while (!this.stopping) {
      try {
        await this.hold();
        isAway = false;
      } catch (error) {
        if (!isAway) logger.warn('subscriptions cannot be looked up', { error: String(error) });
        isAway = true;
        await clock.sleep(LOOK_EVERY_MS);
      }
      await this.bell.wait(LOOK_EVERY_MS);
    }
  }

  private async hold(): Promise<void> {
    const { clock, store, sinks } = this.parts;
    const asked = clock.elapsed();
    const leases = await store.hold(this.holder, sinks.types, LEASE_MS);
    const until = asked + LEASE_MS - MARGIN_MS;
    const rightOf = ({ number }: Lease): Right => ({ number, until });
    for (const lease of leases) this.goOn(lease, rightOf(lease));
    const added = leases.filter(({ name }) => !this.running.has(name));
    let failure: unknown;
    for (let i = 0; i < added.length; i += BEGUN_TOGETHER) {
      // Those that are under way have to be held again before their leases end.
      if (this.stopping || clock.elapsed() >= asked + LOOK_EVERY_MS) return this.bell.ring();
      const some = added.slice(i, i + BEGUN_TOGETHER);
      const begin = (lease: Lease): Promise<unknown> =>
        this.begin(lease, rightOf(lease)).catch((error: unknown) => (failure ??= error));
      await Promise.all(some.map(begin));
    }
    if (failure !== undefined) throw failure;
  }

  private goOn(lease: Lease, right: Right): void {
    const delivery = this.running.get(lease.name);
    // One of an earlier lease ends by itself; the next look begins another.
    if (delivery?.number !== lease.number) return;
    delivery.renew(right);
    if (!delivery.isUpToDate(lease)) delivery.lookAgain();
  }

  private async begin(lease: Lease, right: Right): Promise<void> {
    const { name } = lease;
    const saveEveryMs = (): number => Math.max(SAVE_EVERY_MS, SAVE_MS_EACH * this.running.size);
    const { parts, share } = this;
    const delivery = await Delivery.open({ ...parts, share, saveEveryMs }, lease, right);
    if (delivery === undefined) return;
    if (this.stopping) delivery.stop();
    this.running.set(name, delivery);
    const end = delivery
      .run()
      .catch((error: unknown) => {
        this.parts.logger.error('a subscription has ended', { subscription: name, error: String(error) });
      })
      .then(() => {
        this.running.delete(name);
        this.ends.delete(end);
      });
    this.ends.add(end);
  }
}
