import type { Replacement } from './bundle.js';
import { plantedKafkaBugs } from './planted-kafka-bugs.js';
import { plantedSubscriptionBugs } from './planted-subscription-bugs.js';

export interface PlantedBug extends Replacement {
  readonly bug: string;
  /** Only several instances over one database can show it. */
  readonly shared?: true;
  /** It is hunted where Kafka stands in front. */
  readonly kafka?: true;
  /** It is hunted where subscriptions are delivered. */
  readonly subscriptions?: true;
  /** Where the hunt begins, for a bug that few seeds can show; 1 by default. */
  readonly from?: number;
}

const advance = 'src/application/ingest/advance.ts';
const buffer = 'src/application/ingest/reorder-buffer.ts';
const pool = 'src/application/ingest/worker-pool.ts';
const ingest = 'src/application/ingest/ingest-messages.ts';
const overdue = 'src/application/gaps/skip-overdue-gaps.ts';
const feed = 'src/application/feed/event-feed.ts';
const subscription = 'src/application/feed/feed-subscription.ts';
const tail = 'src/application/feed/feed-tail.ts';
const pages = 'src/application/feed/shared-pages.ts';
const turns = 'src/application/feed/shared-turns.ts';
const queries = 'src/application/rocket-queries.ts';
const rocket = 'src/domain/rocket.ts';
const directory = 'src/infrastructure/stores/memory/in-memory-rocket-directory.ts';
const gaps = 'src/infrastructure/stores/memory/gap-list.ts';
const disk = 'tests/simulation/disk.ts';
const connection = 'tests/simulation/connection.ts';
const database = 'tests/simulation/database.ts';
const databaseConnection = 'tests/simulation/database-connection.ts';

/** What becomes of a turn when its channel has moved meanwhile. */
const movedTurn =
  'if (head === undefined) this.settle(turn, step, traced);\n      else again.push({ ...turn, head });';

const judging: readonly PlantedBug[] = [
  {
    bug: 'ignores what is below the highest number heard',
    file: advance,
    find: 'const standing = this.standing(message.number);',
    replace: `if (message.number < (this.head.waiting.after(0)?.message.number ?? 0)) return duplicate;
    const standing = this.standing(message.number);`,
  },
  {
    bug: 'applies a message past a gap',
    file: advance,
    find: 'if (message.number > this.state.version + 1)',
    replace: 'if (message.number > this.state.version + 2)',
  },
  {
    bug: 'a refused message does not consume its number',
    file: rocket,
    find: 'version: number,',
    replace: "version: event.type === 'MessageRefused' ? state.version : number,",
  },
  {
    bug: 'a duplicate of a waiting message wedges its channel',
    file: advance,
    find: 'if (waiting !== undefined) return waiting.message.report;',
    replace: "if (waiting !== undefined) throw new Error('waits already');",
  },
  {
    bug: 'a duplicate with another time is a conflict',
    file: advance,
    find: 'return sameReport(standing, message.report) ? duplicate : conflict;',
    replace: `return sameReport(standing, message.report) &&
      (this.head.recorded.get(message.number)?.time ?? message.time) === message.time ? duplicate : conflict;`,
  },
  {
    bug: 'a conflict overwrites what stands',
    file: advance,
    find: 'if (standing !== undefined) return sameReport(standing, message.report) ? duplicate : conflict;',
    replace: 'if (standing !== undefined && sameReport(standing, message.report)) return duplicate;',
  },
  {
    bug: 'a conflict is answered as a duplicate',
    file: advance,
    find: 'sameReport(standing, message.report) ? duplicate : conflict',
    replace: 'sameReport(standing, message.report) ? duplicate : duplicate',
  },
  {
    bug: 'a repeat within one batch is taken twice',
    file: advance,
    find: 'if (last?.number === number) return last.report;',
    replace: '',
  },
  {
    bug: 'a waiting message is acknowledged and not stored',
    file: advance,
    find: 'this.added.push({ message, receivedAt: this.now });',
    replace: '',
  },
  {
    bug: 'a drained message goes on waiting',
    file: advance,
    find: 'this.released.push(next.message.number);',
    replace: '',
  },
  {
    bug: 'a long drain stops at the end of its first step',
    file: advance,
    find: 'more: next === version + 1',
    replace: 'more: false',
  },
  {
    bug: 'the gap that is reported is one too long',
    file: advance,
    find: '{ from: version + 1, to: next - 1 }',
    replace: '{ from: version + 1, to: next }',
  },
  {
    bug: 'a partial head ends with what can be drained',
    file: advance,
    find: 'found.push(waiting);\n    if ((number > next && !skips)',
    replace: 'if (number === next || skips) found.push(waiting);\n    if ((number > next && !skips)',
  },
  {
    bug: 'a partial head knows nothing behind the gap that is skipped',
    file: advance,
    find: '(number > next && !skips)',
    replace: 'number > next',
  },
  {
    bug: 'a partial head forgets that a message of the batch closes a gap',
    file: advance,
    find: 'while (next < number && asked.has(next)) next++;',
    replace: '',
  },
  {
    bug: 'a partial head ends with what one step can drain',
    file: advance,
    find: 'found.length > EVENTS_PER_STEP',
    replace: 'found.length >= EVENTS_PER_STEP',
  },
];

const skipping: readonly PlantedBug[] = [
  {
    bug: 'a skip takes the message behind the gap with it',
    file: advance,
    find: 'to: Math.min(next.message.number - 1, upTo)',
    replace: 'to: Math.min(next.message.number, upTo)',
  },
  {
    bug: 'a gap of which a part is to be skipped is skipped whole',
    file: advance,
    find: 'to: Math.min(next.message.number - 1, upTo)',
    replace: 'to: next.message.number - 1',
  },
  {
    bug: 'a skip of several gaps stops after the first',
    file: advance,
    find: 'skipped.push(range);',
    replace: 'skipped.push(range);\n      break;',
  },
  {
    bug: 'a skip goes past the number it was given',
    file: advance,
    find: /from > upTo \|\|[^]*Math\.min\(next\.message\.number - 1, upTo\)/,
    replace:
      'from > upTo + 3 || next.message.number === from) break;\n      const range = { from, to: next.message.number - 1',
  },
  {
    bug: 'a skip ends with its first turn',
    file: pool,
    find: 'const isDone = change.events.length < EVENTS_PER_STEP || this.stopping;',
    replace: 'const isDone = true;',
  },
  {
    bug: 'a skip of several turns is answered with its last one',
    file: pool,
    find: 'together(request.done, skipped);',
    replace: 'together(undefined, skipped);',
  },
  {
    bug: 'a skip during a drain finds no gap',
    file: pool,
    find: 'if (isDraining(head)) this.buffer',
    replace: 'if (head === undefined) this.buffer',
  },
  {
    bug: 'a skip takes another gap than the one expected',
    file: pool,
    find: 'if (isAnother && !isSame(first, expected)) {',
    replace: 'if (isAnother && first.from > skip.upTo) {',
  },
  {
    bug: 'who skipped is forgotten',
    file: advance,
    find: 'data: { ...range, by,',
    replace: "data: { ...range, by: { who: 'operator' },",
  },
  {
    bug: 'why it was skipped is forgotten',
    file: advance,
    find: ', ...(why && { why })',
    replace: '',
  },
  {
    bug: 'a skip has the time of the service',
    file: advance,
    find: 'const { time } = next.message;',
    replace: 'const time = new Date(this.now).toISOString();',
  },
  {
    bug: 'a message that arrives after its skip is a duplicate',
    file: advance,
    find: "if (standing === 'skipped') return this.keepLate(message);",
    replace: "if (standing === 'skipped') return duplicate;",
  },
  {
    bug: 'a late message is thrown away',
    file: advance,
    find: 'this.late.push({ message, receivedAt: this.now });',
    replace: '',
  },
  {
    bug: 'a late message that is repeated is refused again',
    file: advance,
    find: '?? head.late.get(number)?.message.report ??',
    replace: '??',
  },
  {
    bug: 'a late message that comes twice in one batch is kept twice',
    file: advance,
    find: 'this.last = message;\n    this.heard = true;\n    this.late',
    replace: 'this.heard = true;\n    this.late',
  },
  {
    bug: 'a change with nothing but late messages is not written',
    file: advance,
    find: ' && this.late.length === 0',
    replace: '',
  },
  {
    bug: 'a late message is said to be skipped',
    file: queries,
    find: 'const message = head.late.get(number);',
    replace: 'const message = undefined;',
  },
  {
    bug: 'late messages are not counted',
    file: directory,
    find: 'this.lateCount += summary.late * by;',
    replace: '',
  },
];

const timeouts: readonly PlantedBug[] = [
  {
    bug: 'the timeout counts by the clock on the wall',
    file: overdue,
    find: 'const now = this.clock.elapsed();',
    replace: 'const now = this.clock.now();',
  },
  {
    bug: 'the timeout begins anew with each start',
    file: overdue,
    find: 'await this.store.listened(this.countOn());',
    replace: 'await this.store.listened(this.countOn()).then(() => this.clock.elapsed());',
  },
  {
    bug: 'the time is not counted when a service lives for a short time',
    file: overdue,
    find: 'this.countedAt = counted < passed ? now : this.countedAt + counted;',
    replace:
      'this.countedAt = counted < passed ? now : this.countedAt + counted;\n    if (now < 3000) return 0;',
  },
  {
    bug: 'the timeout counts the time in which nobody could listen',
    file: overdue,
    find: 'Math.min(passed, Math.floor(this.pauseMs))',
    replace: 'passed',
  },
  {
    bug: 'the timeout forgets that marks are from the last time it counted',
    file: overdue,
    find: '- this.timeoutMs - this.pauseMs',
    replace: '- this.timeoutMs',
  },
  {
    bug: 'an overdue gap takes the younger ones behind it along',
    file: directory,
    find: 'if (gap.listened > listened) break;',
    replace: '',
  },
  {
    bug: 'what is left of a gap is as young as the message that split it',
    file: gaps,
    find: '{ ...gap, from: number + 1 }',
    replace: '{ ...now, from: number + 1, to: gap.to }',
  },
  {
    bug: 'a gap of one number is overlooked',
    file: gaps,
    find: 'if (number > highest + 1)',
    replace: 'if (number > highest + 2)',
  },
];

const storing: readonly PlantedBug[] = [
  {
    bug: 'answers before the commit',
    file: pool,
    find: 'if (changes.length > 0) moved = await this.commit(changes, turns);',
    replace: 'if (changes.length > 0) void this.commit(changes, turns).catch(() => undefined);',
  },
  {
    bug: 'a commit that failed is answered as done',
    file: pool,
    find: 'return await this.store.commit(changes);',
    replace: 'return await this.store.commit(changes).catch(() => []);',
  },
  {
    bug: 'a channel that moved is answered though not written',
    file: pool,
    find: movedTurn,
    replace: 'this.settle(turn, step, traced);',
  },
  {
    bug: 'a channel that moved is never answered',
    file: pool,
    find: movedTurn,
    replace: 'if (head === undefined) this.settle(turn, step, traced);',
  },
  {
    bug: 'a channel that moved is decided again on its old head',
    file: pool,
    find: movedTurn,
    replace: 'if (head === undefined) this.settle(turn, step, traced);\n      else again.push(turn);',
  },
  {
    bug: 'a skip of a channel that moved is answered though not written',
    file: pool,
    find: 'if (head === undefined) this.settleSkipped(turn, result);',
    replace: 'if (skipping.length > 0) this.settleSkipped(turn, result);',
  },
  {
    bug: 'a drain is not resumed after a crash',
    file: pool,
    find: 'for (const channel of await this.store.unfinished()) this.buffer.resume(channel);',
    replace: 'await this.store.unfinished();',
  },
  {
    bug: 'a drain is not resumed after a failed batch',
    file: pool,
    find: 'void this.resumeLater(work);',
    replace: '',
  },
  {
    bug: 'a lane is held for ever after a failure',
    file: pool,
    find: 'this.failUnsettled(work, asError(error));',
    replace: 'this.failUnsettled(work, asError(error));\n      await new Promise(() => undefined);',
  },
  {
    bug: 'a failed batch keeps its room in the buffer',
    file: pool,
    find: 'this.buffer.settled(failed);',
    replace: '',
  },
  {
    bug: 'a stop leaves what waits in the buffer',
    file: pool,
    find: 'if (!(await this.isMyTurn())) {',
    replace: 'if (this.stopping || !(await this.isMyTurn())) {',
  },
  {
    bug: 'a full buffer drops without a word',
    file: buffer,
    find: 'if (!this.takeRoom(arrival.bytes, ofStream)) return false;',
    replace: 'if (!this.takeRoom(arrival.bytes, ofStream)) return true;',
  },
  {
    bug: 'the bytes of answered messages are never given back',
    file: buffer,
    find: 'this.budget.give(bytes);',
    replace: '',
  },
  {
    bug: 'two workers may hold one lane',
    file: buffer,
    find: 'if (waiting.size === 1 && !this.held[lane]) this.ready.push(lane);',
    replace: 'if (waiting.size === 1) this.ready.push(lane);',
  },
  {
    bug: 'a lane with work is forgotten when it is released',
    file: buffer,
    find: 'if (this.lanes[lane]!.size > 0) this.ready.push(lane);',
    replace: '',
  },
  {
    bug: 'a batch releases only one of its lanes',
    file: buffer,
    find: 'for (const lane of lanes) {',
    replace: 'for (const lane of lanes.slice(0, 1)) {',
  },
  {
    bug: 'what a full batch leaves behind is lost',
    file: buffer,
    find: 'if (taken !== all) waiting.set(channel, all);',
    replace: '',
  },
  {
    bug: 'a batch is not put in number order',
    file: buffer,
    find: 'arrivals.sort((a, b) => a.message.number - b.message.number);',
    replace: '',
  },
  {
    bug: 'a worker on its way to sleep misses what comes meanwhile',
    file: pool,
    find: 'return new Promise((wake) => this.sleeping.push(wake));',
    replace: 'return this.clock.sleep(5).then(() => new Promise((wake) => this.sleeping.push(wake)));',
  },
  {
    bug: 'nobody gathers any more after a batch',
    file: pool,
    find: 'this.gathering = false;\n      if',
    replace: 'if',
  },
  {
    bug: 'what a commit had no room for is forgotten',
    file: pool,
    find: 'const again = turns.slice(steps.length);',
    replace: 'const again: Turn[] = [];',
  },
  {
    bug: 'a worker with a failed batch counts as busy for ever',
    file: pool,
    find: 'this.busy--;',
    replace: 'if (this.interrupted.size === 0) this.busy--;',
  },
  {
    bug: 'messages that failed are not counted',
    file: ingest,
    find: "this.of.counters.turnedAway('failed');",
    replace: '',
  },
  {
    bug: 'a stream is given the ticket of nobody',
    file: ingest,
    find: 'new Delivery(message, bytes, told, ticket ?? 0,',
    replace: 'new Delivery(message, bytes, told, 0,',
  },
  {
    bug: 'waiting messages are forgotten at a restart',
    file: 'tests/simulation/instance.ts',
    find: 'const isUnfinished =',
    replace:
      'for (const { waiting } of this.disk.channels.values()) waiting.clear();\n    const isUnfinished =',
  },
  {
    bug: 'the store answers before its disk has it',
    file: connection,
    find: "() => fail(new StoreUnavailable('power lost'))",
    replace: "() => (kind === 'commit' ? give([] as T) : fail(new StoreUnavailable('power lost')))",
  },
  {
    bug: 'the store does not notice that a channel moved',
    file: disk,
    find: 'if (record.revision !== change.revision) return false;',
    replace: '',
  },
  {
    bug: 'the time listened is forgotten with each write',
    file: disk,
    find: 'this.writes++;',
    replace: 'this.writes++;\n    this.listened = new Listening();',
  },
];

const rules: readonly PlantedBug[] = [
  {
    bug: 'a skip leaves a rocket complete',
    file: rocket,
    find: 'unheardLaunch : { ...rocket, complete: false }',
    replace: 'unheardLaunch : rocket',
  },
  {
    bug: 'an incomplete rocket may not fall below zero',
    file: rocket,
    find: "figure < 0 && rocket.complete ? 'speed-below-zero'",
    replace: "figure < 0 ? 'speed-below-zero'",
  },
  {
    bug: 'an exploded rocket goes on reporting',
    file: rocket,
    find: "if (rocket.status === 'exploded') return 'rocket-exploded';",
    replace: "if (rocket.status === 'exploded') return undefined;",
  },
  {
    bug: 'a refused message moves updatedAt',
    file: rocket,
    find: "event.type === 'MessageRefused' ? state.updatedAt : event.time",
    replace: 'event.time',
  },
  {
    bug: 'a rocket whose launch was not heard shows a speed',
    file: rocket,
    find: 'speed: null,\n  speedChange: 0,',
    replace: 'speed: 0,\n  speedChange: null,',
  },
  {
    bug: 'changes of an unknown speed are not summed',
    file: rocket,
    find: 'rocket.speedChange === null ? null : rocket.speedChange + by',
    replace: 'rocket.speedChange',
  },
  {
    bug: 'a launch that is heard after all is no speed',
    file: rocket,
    find: 'speed: event.data.launchSpeed,\n        speedChange: null,',
    replace: `speed: rocket.status === 'flying' ? rocket.speed : event.data.launchSpeed,
        speedChange: rocket.status === 'flying' ? rocket.speedChange : null,`,
  },
  {
    bug: 'a past version lacks its last event',
    file: queries,
    find: 'number > bound.version) return state;',
    replace: 'number >= bound.version) return state;',
  },
];

const feeding: readonly PlantedBug[] = [
  {
    bug: 'the feed skips what commits late',
    file: disk,
    find: 'if (wanted) events.push(event);',
    replace: 'if (wanted && (place < this.lastPlace || place % 5 > 0)) events.push(event);',
  },
  {
    bug: 'a page of the feed ends where the feed ends',
    file: disk,
    find: 'next: this.position(place), end',
    replace: 'next: this.end, end',
  },
  {
    bug: 'a position of another epoch is taken for one of this',
    file: disk,
    find: 'if (position !== this.position(place) ||',
    replace: 'if (',
  },
  {
    bug: 'a disk that was put back to a copy keeps its epoch',
    file: 'tests/simulation/simulation.ts',
    find: 'world.epoch++;',
    replace: '',
  },
  {
    bug: 'the news have a hole where a commit failed and was written',
    file: connection,
    find: 'this.disk.announce(before);\n    if (fails) {',
    replace: 'if (!fails) this.disk.announce(before);\n    if (fails) {',
  },
  {
    bug: 'the news come out of order',
    file: connection,
    find: 'listener.underway.shift()',
    replace: 'listener.underway.pop()',
  },
  {
    bug: 'what other instances write is no news',
    file: disk,
    find: 'for (const listener of this.listeners) listener(batch);',
    replace: 'for (const listener of [...this.listeners].slice(0, 1)) listener(batch);',
  },
  {
    bug: 'a reader that joins the tail misses what is in it',
    file: tail,
    find: 'return index === -1 ? this.nextNumber : this.firstNumber + index;',
    replace: 'return this.nextNumber;',
  },
  {
    bug: 'a reader that joins within a burst hears one event again',
    file: subscription,
    find: 'hub.compare(position, this.at) > 0',
    replace: 'hub.compare(position, this.at) >= 0',
  },
  {
    bug: 'a reader that joins within a burst hears all of it',
    file: subscription,
    find: 'const isWhole = burst.after === this.at;',
    replace: 'const isWhole = true;',
  },
  {
    bug: 'a reader that falls behind the tail skips what fell out of it',
    file: tail,
    find: 'if (compare(at, this.from) < 0) return undefined;',
    replace: '',
  },
  {
    bug: 'a reader that falls behind the tail is forgotten',
    file: subscription,
    find: 'if (number === undefined) await this.readPage();',
    replace: 'if (number === undefined) return;',
  },
  {
    bug: 'a reader that fell behind is not told of what it missed beside the events',
    file: subscription,
    find: 'this.fellBehind = this.caughtUp;',
    replace: '',
  },
  {
    bug: 'a reader ahead of the tail is told of events only',
    file: tail,
    find: 'return [...newsOf(wanted), ...noticesFor(this.notices, filter)];',
    replace: 'return newsOf(wanted);',
  },
  {
    bug: 'a slow reader is dropped with a position it never reached',
    file: subscription,
    find: "return this.drop('too-slow');",
    replace: "void this.hub.tail().then(({ end }) => ((this.at = end), this.drop('too-slow')));",
  },
  {
    bug: 'a reader that is dropped before it has read anything begins anew',
    file: subscription,
    find: "this.at = after === undefined || after === 'latest' ? hub.beginning : after;",
    replace: 'this.at = hub.beginning;',
  },
  {
    bug: 'a reader is not told that its history has ended',
    file: subscription,
    find: "if (!this.ended) this.say({ kind: 'reset', reason: 'unknown-position', position: this.at });",
    replace: '',
  },
  {
    bug: 'a reader whose history has ended goes on at the end of the other',
    file: subscription,
    find: 'this.at = this.hub.beginning;',
    replace: 'this.at = (await this.hub.tail()).end;',
  },
  {
    bug: 'a feed that fails leaves its readers connected',
    file: subscription,
    find: "this.drop('store-unavailable');",
    replace: '',
  },
  {
    bug: 'news that come before the store answers are not told',
    file: feed,
    find: 'this.wake();\n      return tail;',
    replace: 'return tail;',
  },
  {
    bug: 'a burst holds one event less when there are many',
    file: tail,
    find: 'if (gathered.length < EVENTS_PER_BURST) continue;',
    replace: 'if (gathered.length < EVENTS_PER_BURST) continue;\n        if (!isLast) gathered.pop();',
  },
  {
    bug: 'a gap that opens is not told',
    file: feed,
    find: 'moved || added.length > 0 ||',
    replace: 'moved ||',
  },
  {
    bug: 'a gap that closes is not told',
    file: feed,
    find: 'const moved = events.length > 0 && before.waiting.size > 0;',
    replace: 'const moved = false;',
  },
  {
    bug: 'gaps that change too soon after others are not told',
    file: feed,
    find: 'if (isTime) {',
    replace: 'if (batches.length >= 0) {',
  },
  {
    bug: 'notices that come with events are lost',
    file: tail,
    find: 'this.add(end, gathered, notices);',
    replace: 'this.add(end, gathered, gathered.length > 0 ? undefined : notices);',
  },
  {
    bug: 'of many rockets nobody hears that their gaps have changed',
    file: tail,
    find: "if (channels.size > NAMED_AT_ONCE) messages.push({ kind: 'gaps-changed', channels: undefined });",
    replace: 'if (channels.size > NAMED_AT_ONCE) return [];',
  },
  {
    bug: 'a gap that changed with a failed commit is not told',
    file: pool,
    find: 'this.announce({ ...change, late: [] }, turn.head);',
    replace: '',
  },
  {
    bug: 'a late message is not told',
    file: feed,
    find: 'this.late.push(...late);',
    replace: '',
  },
  {
    bug: 'a message is told to be late that never was',
    file: feed,
    find: 'late: late.map(({ message }) => ({ channel, number: message.number })),',
    replace: 'late: [...late, ...added].map(({ message }) => ({ channel, number: message.number })),',
  },
  {
    bug: 'an empty page at the end of the feed is handed out for ever',
    file: pages,
    find: 'next === after && forget()',
    replace: 'undefined',
  },
  {
    bug: 'a page that could not be read is handed out for ever',
    file: pages,
    find: '&& forget(), forget)',
    replace: '&& forget(), () => undefined)',
  },
  {
    bug: 'who waits for a page is not called',
    file: pages,
    find: 'this.waiting.shift()?.();',
    replace: '',
  },
  {
    bug: 'who waits for time is not called',
    file: turns,
    find: 'while (this.waiting.length > 0 && this.hasTime()) this.waiting.shift()!();',
    replace: 'if (this.hasTime()) this.waiting.shift()!();\n      this.waiting.length = 0;',
  },
];

/** In what the instances do beside each other, over a database that refuses what it can't keep. */
const beside: readonly PlantedBug[] = [
  {
    bug: 'of a batch that is refused nothing is stored',
    file: pool,
    find: 'if (error instanceof ChangeRefused) return this.apart(turns, error);',
    replace: '',
  },
  {
    bug: 'of a refused batch one half is forgotten',
    file: pool,
    find: 'return [...(await this.processTurns(some)), ...(await this.processTurns(others))];',
    replace: 'return this.processTurns(others.length > 0 ? others : some);',
  },
  {
    bug: 'what has moved while a refused batch is halved is forgotten',
    file: pool,
    find: 'return [...(await this.processTurns(some)), ...(await this.processTurns(others))];',
    replace: 'await this.processTurns(some);\n    return this.processTurns(others);',
  },
  {
    bug: 'a refused message takes the others of its rocket along',
    file: pool,
    find: 'if (arrivals.length < 2) {',
    replace: 'if (arrivals.length < 1000) {',
  },
  {
    bug: 'a refused message is never answered',
    file: pool,
    find: 'this.failUnsettled([{ ...turn.work, arrivals: takeFrom(turn), skips: [] }], refused);',
    replace: 'this.buffer.settled(takeFrom(turn)), void refused;',
  },
  {
    bug: 'a skip is decided on what is remembered',
    file: pool,
    find: 'fresh: skips,',
    replace: '',
  },
  {
    bug: 'the fate of a message is what is remembered of it',
    file: queries,
    find: ', fresh: true',
    replace: '',
  },
  {
    bug: 'an instance tells the others nothing',
    file: feed,
    find: 'notices?.tell(told);',
    replace: '',
  },
  {
    bug: 'an instance without readers tells the others nothing',
    file: feed,
    find: 'if (this.current === undefined && notices === undefined) return;',
    replace: 'if (this.current === undefined) return;',
  },
  {
    bug: 'an instance does not listen to the others',
    file: feed,
    find: 'this.stopListening = this.store.notices?.listen((notices) => this.notice(notices));',
    replace: '',
  },
];

/** In what a database promises, and in what an instance remembers of it. */
const sharing: readonly PlantedBug[] = [
  {
    bug: 'the feed goes by a sequence alone',
    file: database,
    find: /place: id \* PLACES \+ numbers\.shift\(\)!(?:[^]*)return transaction < this\.horizon;/,
    replace: `place: numbers.shift()!, transaction: id };
  }
  protected override isReadable(_event: LoggedEvent): boolean {
    return true;`,
  },
  {
    bug: 'the feed goes by a sequence, below the first transaction that is open',
    file: database,
    find: 'place: id * PLACES + numbers.shift()!',
    replace: 'place: numbers.shift()!',
    from: 3601,
  },
  {
    bug: 'the feed does not wait for a transaction that began earlier',
    file: database,
    find: 'return transaction < this.horizon;',
    replace: 'return true;',
  },
  {
    bug: 'a transaction draws its id before it has its locks',
    file: database,
    find: "this.afterwards(transaction, 'begun', () => {",
    replace: "transaction.id = this.nextId++;\n    this.afterwards(transaction, 'begun', () => {",
  },
  {
    bug: 'locks are taken in any order',
    file: database,
    find: '.sort((a, b) => a - b)',
    replace: '',
  },
  {
    bug: 'whether a channel has moved is looked up before its lock is taken',
    file: database,
    find: `const decide = (transaction: Transaction): void => {
      const stale = changes.filter((change) => this.hasMoved(change));`,
    replace: `const stale = changes.filter((change) => this.hasMoved(change));
    const decide = (transaction: Transaction): void => {`,
  },
  {
    bug: 'locks are let go before the commit',
    file: database,
    find: "this.afterwards(transaction, 'committed', () => {",
    replace: "this.locks.release(transaction);\n      this.afterwards(transaction, 'committed', () => {",
  },
  {
    bug: 'locks outlive a transaction that fails',
    file: database,
    find: 'this.finish(transaction);\n    transaction.fail(error);',
    replace: 'this.open.delete(transaction);\n    transaction.isOver = true;\n    transaction.fail(error);',
  },
  {
    bug: 'who decides nothing under his locks keeps them',
    file: database,
    find: 'if (transaction.isHeld && !transaction.isOver) this.finish(transaction);',
    replace: '',
  },
  {
    bug: 'a commit is answered when its rows are there, and may still fail',
    file: database,
    find: "if (course === 'failed first, written then') answer.fail(commitFailed());",
    replace: 'answer.give(stale);',
  },
  {
    bug: 'a transaction writes its first channel only',
    file: database,
    find: 'for (const change of fresh) this.write(',
    replace: 'for (const change of fresh.slice(0, 1)) this.write(',
  },
  {
    bug: 'nobody notices that another instance has moved a channel',
    file: database,
    find: 'return this.record(channel).revision !== revision;',
    replace: 'return this.record(channel).revision < revision;',
  },
  {
    bug: 'a commit of which nobody knows the end is taken for done',
    file: databaseConnection,
    find: 'this.database.commit(changes, this.process, answer, hold?.transaction),\n    );',
    replace:
      'this.database.commit(changes, this.process, answer, hold?.transaction),\n    ).catch((): Change[] => []);',
  },
  {
    bug: 'a channel that moved comes back as it is remembered',
    file: databaseConnection,
    find: ': this.loadFresh(stale);',
    replace: ': this.load(stale);',
  },
  {
    bug: 'what is to be written is remembered before it is',
    file: databaseConnection,
    find: 'const channels = changes.map(({ channel }) => channel);',
    replace: `const channels = changes.map(({ channel }) => channel);
    for (const change of changes) this.rememberWritten(change);`,
  },
  {
    bug: 'what is remembered is good enough for whoever wants to know what is stored',
    file: databaseConnection,
    find: 'known === undefined || fresh ||',
    replace: 'known === undefined ||',
  },
  {
    bug: 'news that could not be read are passed over',
    file: databaseConnection,
    find: 'isMore = page?.events.length === PAGE;',
    replace: `isMore = page?.events.length === PAGE;
      if (page === undefined) after = this.disk.end;`,
  },
];

/** Bugs that such a service has in real life. Each is built in by itself, and the simulation has to find it. */
export const plantedBugs: readonly PlantedBug[] = [
  ...judging,
  ...skipping,
  ...timeouts,
  ...storing,
  ...rules,
  ...feeding,
  ...[...beside, ...sharing].map((bug) => ({ ...bug, shared: true as const })),
  ...plantedKafkaBugs,
  ...plantedSubscriptionBugs,
];
