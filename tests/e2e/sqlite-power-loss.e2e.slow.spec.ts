import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { meansSomethingAfterCrash, type DiskEvent } from '../support/power-loss/disk-events.js';
import { DATABASE, Flown, LOG } from '../support/power-loss/flown.js';
import { FragileDisk } from '../support/power-loss/fragile-disk.js';
import { feedIn } from '../support/power-loss/image-judge.js';
import { repliesToOneWrite, replyAfterCheckpoint } from '../support/power-loss/moments.js';
import { powerLossAt, powerLossOfLiar } from '../support/power-loss/power-loss.js';

/** More of the same by hand: `POWER_LOSSES=1000 npx jest --selectProjects slow -- sqlite-power-loss`. */
const POWER_LOSSES = Number(process.env['POWER_LOSSES'] ?? 200);
const CHECKPOINTS = 4;
/** The same without syncs, where only the end may be lost. */
const CARELESS_LOSSES = Math.ceil(POWER_LOSSES / 4);
const SEED = Number(process.env['SEED'] ?? 1);

const flown = new Flown('full', SEED, CHECKPOINTS);
/** The same with SQLITE_SYNCHRONOUS=normal. */
const careless = new Flown('normal', SEED, CHECKPOINTS);

beforeAll(async () => {
  await flown.fly();
  await careless.fly();
}, 300_000);
afterAll(async () => {
  await flown.remove();
  await careless.remove();
});

describe('a service on SQLite whose power fails', () => {
  it('is seen with every byte it wrote and every reply it sent', () => {
    const disk = new FragileDisk();
    for (const event of flown.events) disk.apply(event);
    const directory = dirname(flown.file);
    const left = readdirSync(directory).filter((name) => meansSomethingAfterCrash(name, DATABASE));
    expect([...disk.now().keys()].sort()).toEqual(left.sort());
    for (const [name, bytes] of disk.now()) {
      expect(bytes.equals(readFileSync(join(directory, name)))).toBe(true);
    }
    const replied = new Set(flown.events.map((event) => (event.kind === 'reply' ? event.requestId : '')));
    expect([...flown.traffic.carried.keys()].filter((id) => !replied.has(id))).toEqual([]);
    expect(flown.moments.checkpointsEnded).toBeGreaterThanOrEqual(CHECKPOINTS + 2);
  });

  it(
    `has everything it acknowledged, nothing else, and every state right, ${POWER_LOSSES} times`,
    async () => {
      let judged = 0;
      for (const loss of flown.losses(POWER_LOSSES)) await flown.judge(loss, judged++, loss.known);
      expect(judged).toBe(POWER_LOSSES);
    },
    60_000 + POWER_LOSSES * 2000,
  );

  it(
    `lacks no more than the end of what it heard, ${CARELESS_LOSSES} times with SQLITE_SYNCHRONOUS=normal`,
    async () => {
      const whole = feedIn(careless.file);
      const left = new Set<number>();
      let judged = 0;
      for (const loss of careless.losses(CARELESS_LOSSES)) {
        // It may be started again as it was, or as one that promises more.
        const next = judged % 2 === 0 ? 'full' : 'normal';
        await careless.judge(loss, judged++, { ...loss.known, acknowledged: new Map() }, next);
        const feed = feedIn(careless.image);
        expect(feed).toEqual(whole.slice(0, feed.length));
        left.add(feed.length);
      }
      expect(judged).toBe(CARELESS_LOSSES);
      expect(left.size).toBeGreaterThan(1);
    },
    60_000 + CARELESS_LOSSES * 2000,
  );
});

describe('the judge of what a power loss left', () => {
  const { traffic } = flown;

  it('notices that what was synced before a reply is gone', async () => {
    const places = repliesToOneWrite(flown.events, DATABASE).slice(-5);
    expect(places).toHaveLength(5);
    for (const { from, to } of places) {
      const lied = (event: DiskEvent, i: number) => i > from && 'name' in event && event.name === LOG;
      const { image, known } = powerLossOfLiar(flown.events.slice(0, to + 1), lied, traffic);
      expect((await flown.complaintsAbout(image, known)).join('\n')).toMatch(/^rocket-\d+: \d+ is lost$/);
    }
  });

  it('notices that what a checkpoint synced is gone', async () => {
    const { synced, replied } = replyAfterCheckpoint(flown.events, DATABASE);
    const until = flown.events.slice(0, replied + 1);
    const { image, known } = powerLossOfLiar(until, (_event, i) => i === synced, traffic);
    expect(await flown.complaintsAbout(image, known)).not.toEqual([]);
  });

  it('notices a message that was never sent', async () => {
    const { events } = flown;
    const { image, known } = powerLossAt(events, events.length, traffic, (disk) => disk.now());
    const [channel, numbers] = [...known.acknowledged][0]!;
    const [number = 0] = numbers;
    const fewer = new Map([...traffic.sent.get(channel)!].filter(([each]) => each !== number));
    const sent = new Map(traffic.sent).set(channel, fewer);
    expect(await flown.complaintsAbout(image, { ...known, sent })).toEqual([
      `${channel}: ${number} was never sent`,
    ]);
  });

  it('notices what SQLITE_SYNCHRONOUS=normal gives up', async () => {
    // An end in order makes the tables safe; after it nothing is, until the next checkpoint.
    const moment = careless.moments.replies.at(-1) ?? 0;
    const { image, known } = powerLossAt(careless.events, moment, careless.traffic, (disk) => disk.synced());
    expect((await careless.complaintsAbout(image, known)).join('\n')).toMatch(/^rocket-\d+: \d+ is lost$/m);
  });
});
