import type { PlantedBug } from './planted-bugs.js';

type Bug = Omit<PlantedBug, 'subscriptions'>;

const deliveries = 'src/application/subscriptions/deliveries.ts';
const delivery = 'src/application/subscriptions/delivery.ts';
const progress = 'src/application/subscriptions/progress.ts';
const sequences = 'src/application/subscriptions/sequences.ts';
const pulledFeed = 'src/application/subscriptions/pulled-feed.ts';
const selection = 'src/application/subscriptions/selection.ts';
const subscriptions = 'src/application/subscriptions/subscriptions.ts';
const table = 'tests/simulation/subscription-table.ts';

const checkpoints: readonly Bug[] = [
  {
    bug: 'a checkpoint is saved before the yes',
    file: delivery,
    find: 'const told = await this.tell(eventsOf(batch), eventsOf(next));',
    replace: `this.pending.splice(0, batch.length);
    await this.save();
    const told = await this.tell(eventsOf(batch), eventsOf(next));
    this.pending.unshift(...batch);`,
  },
  {
    bug: 'what waits does not hold the checkpoint back',
    file: delivery,
    find: 'let first = this.pending[0]?.before ?? this.seen;',
    replace: 'let first = this.seen;',
  },
  {
    bug: 'a checkpoint is behind the first event that waits',
    file: delivery,
    find: 'this.pending[0]?.before ?? this.seen;',
    replace: 'this.pending[0]?.event.position ?? this.seen;',
  },
  {
    bug: 'suspects do not hold the checkpoint back',
    file: delivery,
    find: 'if (events.compare(before!, first) < 0) first = before!;',
    replace: '',
  },
  {
    bug: 'what is parked is not saved with the checkpoint',
    file: delivery,
    find: '{ ...changes, lease: this.right.number }',
    replace: '{ drop: changes.drop, lease: this.right.number }',
  },
  {
    bug: 'what is caught up stays parked in the store',
    file: sequences,
    find: 'const drop = [...this.gone];',
    replace: 'const drop: string[] = [];',
  },
  {
    bug: 'what could not be saved is taken for saved',
    file: delivery,
    find: 'if (saved === undefined) this.isDirty = true;',
    replace: '',
  },
  {
    bug: 'what is not wanted never moves the checkpoint',
    file: delivery,
    find: 'if (this.seen !== before) this.hasPassed = true;',
    replace: '',
  },
];

const telling: readonly Bug[] = [
  {
    bug: 'a lost yes counts as a yes',
    file: delivery,
    find: "if (told.kind === 'yes') {",
    replace: "if (told.kind === 'yes' || (told.kind === 'again' && told.what === 'ECONNRESET')) {",
  },
  {
    bug: 'a whole batch is skipped for one bad event',
    file: delivery,
    find: 'if (batch.length > 1) return this.progress.putOff(told, batch.length);',
    replace: `if (batch.length > 1) return void this.pending.splice(0, batch.length);`,
  },
  {
    bug: 'a receiver that asks for time gets none',
    file: progress,
    find: "told.kind === 'again' ? told.afterMs : undefined",
    replace: 'undefined',
  },
  {
    bug: 'a receiver that is gone is told all the same',
    file: progress,
    find: "if (kind === 'gone') Object.assign(this, { isPaused: true, pausedAs: what });",
    replace: '',
  },
  {
    bug: 'one who is paused is told more',
    file: progress,
    find: 'this.isPaused = isPaused;\n    this.pausedAs = pausedAs;',
    replace: '',
  },
  {
    bug: 'a feed that has ended is the end',
    file: delivery,
    find: 'if (this.feed?.hasEnded) {',
    replace: 'if (this.feed === null) {',
  },
  {
    bug: 'a feed that has ended is read again from the checkpoint on',
    file: delivery,
    find: 'new PulledFeed(this.parts.feed, this.seen,',
    replace: 'new PulledFeed(this.parts.feed, this.saved.position,',
  },
  {
    bug: 'where the feed is taken for where its reader is',
    file: pulledFeed,
    find: 'upTo: this.waiting === 0 ? this.upTo : events.at(-1)?.position',
    replace: 'upTo: this.upTo',
  },
  {
    bug: 'news take the place of what waits in the feed',
    file: pulledFeed,
    find: '[...this.events.slice(this.taken), ...events]',
    replace: 'events',
  },
];

const parking: readonly Bug[] = [
  {
    bug: 'a parked rocket is overtaken by its later events',
    file: delivery,
    find: 'isWanted(this.saved, event) && !this.sequences.has(event.channel)',
    replace: 'isWanted(this.saved, event)',
  },
  {
    bug: 'what waits of a suspect is told with the others',
    file: delivery,
    find: 'this.pending = this.pending.filter((one) => one.event.channel !== channel);',
    replace: 'this.pending.shift();',
  },
  {
    bug: 'a rocket is parked although the receiver fails for everybody',
    file: delivery,
    find: 'if (isSuspect && (!isAlone || ',
    replace: 'if (isSuspect && (',
  },
  {
    bug: 'a rocket is given up although nobody else was taken',
    file: delivery,
    find: 'const isOver = isAlone && now',
    replace: 'const isOver = now',
  },
  {
    bug: 'a rocket is given up at once',
    file: delivery,
    find: 'const isOver = isAlone && now - sequence.since >= patienceMs;',
    replace: 'const isOver = isAlone;',
  },
  {
    bug: 'who was taken before is taken for somebody since',
    file: sequences,
    find: '{ number, takenBefore: one.takenBefore }',
    replace: '{ number }',
  },
  {
    bug: 'a parked rocket skips the event behind what was told',
    file: delivery,
    find: 'sequence.number = number + 1;',
    replace: 'sequence.number = number + 2;',
  },
  {
    bug: 'a parked rocket skips its first event',
    file: delivery,
    find: 'after: number - 1, limit: CATCH_UP_PAGE',
    replace: 'after: number, limit: CATCH_UP_PAGE',
  },
  {
    bug: 'a parked rocket loses its last event when it joins the others',
    file: delivery,
    find: 'events.compare(position, this.seen) <= 0',
    replace: 'events.compare(position, this.seen) < 0',
  },
  {
    bug: 'a parked rocket is told what the others have not come to yet',
    file: delivery,
    find: 'events.compare(position, this.seen) <= 0',
    replace: 'true',
  },
  {
    bug: 'a parked rocket joins the others behind a page of what is not wanted',
    file: delivery,
    find: 'if (here.length === CATCH_UP_PAGE) this.moveOn(',
    replace: 'if (here.length > CATCH_UP_PAGE) this.moveOn(',
  },
  {
    bug: 'a parked rocket is told all, wanted or not',
    file: delivery,
    find: '.filter((event) => isWanted(this.saved, event))',
    replace: '',
  },
  {
    bug: 'what an operator drops is told all the same',
    file: sequences,
    find: 'const number = Math.max(row.number, one.number);',
    replace: 'const { number } = one;',
  },
];

const operating: readonly Bug[] = [
  {
    bug: 'a drop drops all that waits',
    file: subscriptions,
    find: 'Math.min(upTo ?? last, last)',
    replace: 'last',
  },
  {
    bug: 'a drop drops what is yet to come',
    file: subscriptions,
    find: 'Math.min(upTo ?? last, last)',
    replace: '(upTo ?? last)',
  },
  {
    bug: 'a drop drops one event more than it says',
    file: subscriptions,
    find: 'number: dropped.to + 1',
    replace: 'number: dropped.to + 2',
  },
  {
    bug: 'a replay is not heeded',
    file: delivery,
    find: 'if (found.replays !== before.replays) return',
    replace: 'if (found.replays < before.replays) return',
  },
  {
    bug: 'a replay loses the end: the feed goes on where it was',
    file: delivery,
    find: 'this.seen = position;\n    this.closeFeed();',
    replace: 'this.seen = position;',
  },
  {
    bug: 'a replay tells first what waited',
    file: delivery,
    find: 'this.pending = [];',
    replace: '',
  },
  {
    bug: 'a replay keeps parked what it tells again',
    file: subscriptions,
    find: 'this.events.compare(one.position, position) > 0',
    replace: 'this.events.compare(one.position, position) < -1e9',
  },
  {
    bug: 'a replay forgets what is parked before it',
    file: subscriptions,
    find: '.filter((one) => this.events.compare(one.position, position) > 0)',
    replace: '',
  },
  {
    bug: 'another receiver is not heeded where all is told again',
    file: delivery,
    find: 'if (isOther) await this.changeSink();',
    replace: 'if (isOther && found.replays === before.replays) await this.changeSink();',
  },
  {
    bug: 'a filter that changes leaves the feed as it was',
    file: delivery,
    find: 'if (isOtherFeed(found, before)) this.closeFeed();',
    replace: '',
  },
  {
    bug: 'a filter that changes has what was read told again',
    file: delivery,
    find: 'if (isOtherFeed(found, before)) this.closeFeed();',
    replace: `if (isOtherFeed(found, before)) {
      this.seen = found.position;
      this.closeFeed();
    }`,
  },
  {
    bug: 'a filter of several types wants the first one only',
    file: selection,
    find: 'types?.length === 1',
    replace: 'types !== undefined',
  },
  {
    bug: 'a filter by types forgets the channels',
    file: selection,
    find: '(channels === undefined || channels',
    replace: '(channels === undefined || types !== undefined || channels',
  },
  {
    bug: 'one made anew is taken for the one of that name before',
    file: delivery,
    find: 'if (found?.createdAt !== before.createdAt)',
    replace: 'if (found === undefined)',
  },
  {
    bug: 'nobody looks again when somebody else has written',
    file: deliveries,
    find: 'if (!delivery.isUpToDate(lease)) delivery.lookAgain();',
    replace: '',
  },
];

const sharing: readonly Bug[] = [
  {
    bug: 'two instances deliver: a right has no end',
    file: deliveries,
    find: 'until = asked + LEASE_MS - MARGIN_MS',
    replace: 'until = asked + LEASE_MS * 1000',
  },
  {
    bug: 'two instances deliver: the store gives a lease to a second one',
    file: table,
    find: 'if (plan.shared && lease.holder !== holder && lease.until > scheduler.now) continue;',
    replace: '',
  },
  {
    bug: 'a checkpoint goes back: the store does not look at the lease',
    file: table,
    find: 'if (lease !== undefined && !this.isInForce(kept, lease)) return undefined;',
    replace: '',
  },
  {
    bug: 'a checkpoint goes back: the store does not look at the revision',
    file: table,
    find: 'before?.revision !== subscription.revision',
    replace: 'before === undefined',
  },
];

/** Each is hunted where subscriptions are delivered. */
export const plantedSubscriptionBugs: readonly PlantedBug[] = [
  ...[...checkpoints, ...telling, ...parking, ...operating],
  ...sharing.map((bug) => ({ ...bug, shared: true as const })),
].map((bug) => ({ ...bug, subscriptions: true as const }));
