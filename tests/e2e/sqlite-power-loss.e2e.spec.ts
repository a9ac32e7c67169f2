import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../simulation/random.js';
import { diskEventsIn, type DiskEvent } from '../support/power-loss/disk-events.js';
import { FragileDisk } from '../support/power-loss/fragile-disk.js';
import { complaintsOfReader, complaintsOfStore, type Known } from '../support/power-loss/image-judge.js';
import {
  drawMoments,
  momentsOf,
  powerLosses,
  powerLossOfLiar,
  restore,
  type Moments,
} from '../support/power-loss/power-loss.js';
import { RadioTraffic } from '../support/power-loss/radio-traffic.js';
import { startTraced, type TracedService } from '../support/power-loss/traced-service.js';

/** More of the same by hand: `POWER_LOSSES=1000 npx jest --selectProjects e2e --testPathPatterns sqlite-power-loss`. */
const POWER_LOSSES = Number(process.env['POWER_LOSSES'] ?? 240);
const SEED = Number(process.env['SEED'] ?? 1);
/** Of so many images one is opened by a whole store, which starts threads; each is read and verified. */
const OPENED = 6;
const CHECKPOINTS = 3;
const ONE_BY_ONE = 30;

const DATABASE = 'rockets.db';
const LOG = `${DATABASE}-wal`;

let directory: string;
let running: TracedService | undefined;

beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'rockets-power-')));
});
afterEach(() => running?.end('SIGKILL'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the service on the file for as long as it is driven; answers what it did to the disk. */
const record = async (
  file: string,
  synchronous: 'full' | 'normal',
  drive: (url: string) => Promise<void>,
): Promise<DiskEvent[]> => {
  const trace = join(directory, 'trace');
  running = await startTraced(file, trace, synchronous);
  await drive(running.url);
  await running.stop();
  const events = [...diskEventsIn(trace, file)];
  rmSync(trace);
  return events;
};

const postOneByOne = async (traffic: RadioTraffic, url: string): Promise<void> => {
  for (let i = 0; i < ONE_BY_ONE; i++) await traffic.post(url);
};

/** How often SQLite has begun its log anew, as the log's header says. */
const checkpointsOf = (file: string): number => {
  if (!existsSync(`${file}-wal`)) return 0;
  const header = Buffer.alloc(16);
  const handle = openSync(`${file}-wal`, 'r');
  readSync(handle, header);
  closeSync(handle);
  return header.readUInt32BE(12);
};

describe('after a power loss', () => {
  const traffic = new RadioTraffic(SEED);
  let events: DiskEvent[];
  let moments: Moments;

  beforeAll(async () => {
    const file = join(directory, DATABASE);
    let asked = 0;
    const checkpointed = (): boolean =>
      traffic.carried.size > 50_000 || (++asked % 50 === 0 && checkpointsOf(file) >= CHECKPOINTS);
    const first = await record(file, 'full', (url) => traffic.fly(url, checkpointed));
    const again = await record(file, 'full', (url) => postOneByOne(traffic, url));
    events = [...first, ...again];
    moments = momentsOf(events, DATABASE);
  }, 120_000);

  it('has seen every byte the service wrote, and every reply', () => {
    const disk = new FragileDisk();
    for (const event of events) disk.apply(event);
    for (const [name, bytes] of disk.now()) {
      expect(bytes.equals(readFileSync(join(directory, name)))).toBe(true);
    }
    const replied = new Set(events.map((event) => (event.kind === 'reply' ? event.requestId : '')));
    expect([...traffic.carried.keys()].filter((id) => !replied.has(id))).toEqual([]);
    expect(moments.checkpointsEnded).toBeGreaterThan(CHECKPOINTS);
  });

  it(
    `holds everything acknowledged, nothing else, and every state right, ${POWER_LOSSES} times`,
    async () => {
      const random = new Random(SEED);
      const drawn = drawMoments(moments, POWER_LOSSES, SEED);
      let judged = 0;
      for (const loss of powerLosses(events, drawn, traffic, (disk) => disk.afterPowerLoss(random))) {
        const complaints = await judge(loss.image, loss.known, judged++ % OPENED === 0);
        if (complaints.length > 0) {
          const kept = join(mkdtempSync(join(tmpdir(), 'rockets-wrong-')), 'image', DATABASE);
          restore(loss.image, kept);
          throw new Error(`${kept}, cut at ${loss.moment} of ${moments.all}: ${complaints.join('\n')}`);
        }
      }
      expect(judged).toBe(POWER_LOSSES);
    },
    60_000 + POWER_LOSSES * 1000,
  );

  it('would be noticed to have taken what was synced before a reply', () => {
    const places = repliesToOneWrite(events);
    expect(places.length).toBeGreaterThan(ONE_BY_ONE / 3);
    for (const { from, to } of places.slice(-10)) {
      const lied = (event: DiskEvent, i: number) => i > from && 'name' in event && event.name === LOG;
      const { image, known } = powerLossOfLiar(events.slice(0, to), lied, traffic);
      restore(image, imageFile());
      expect(complaintsOfReader(imageFile(), known).join()).toMatch(/^rocket-\d+: \d+ is lost$/);
    }
  });

  it('would be noticed to have taken what a checkpoint had synced', () => {
    const { synced, replied } = replyAfterCheckpoint(events);
    const lied = (_event: DiskEvent, i: number) => i === synced;
    const { image, known } = powerLossOfLiar(events.slice(0, replied + 1), lied, traffic);
    restore(image, imageFile());
    expect(complaintsOfReader(imageFile(), known)).not.toEqual([]);
  });

  it('would be noticed to show what was never sent', () => {
    const [whole] = powerLosses(events, [events.length], traffic, (disk) => disk.synced());
    restore(whole!.image, imageFile());
    const [[channel, messages] = ['', new Map<number, never>()]] = traffic.sent;
    const fewer = new Map([...messages].filter(([number]) => number > 1));
    const known = { ...whole!.known, sent: new Map(traffic.sent).set(channel, fewer) };
    expect(complaintsOfReader(imageFile(), known)).toEqual([`${channel}: 1 was never sent`]);
  });
});

it('finds the loss that SQLITE_SYNCHRONOUS=normal owns up to', async () => {
  const traffic = new RadioTraffic(SEED);
  const file = join(directory, 'normal', DATABASE);
  // An end in order makes the tables safe; after it, nothing is until the next checkpoint.
  const first = await record(file, 'normal', (url) => postOneByOne(traffic, url));
  const again = await record(file, 'normal', (url) => postOneByOne(traffic, url));
  const events = [...first, ...again];
  const { replies } = momentsOf(events, DATABASE);
  const [loss] = powerLosses(events, replies.slice(-1), traffic, (disk) => disk.synced());
  restore(loss!.image, imageFile());
  expect(complaintsOfReader(imageFile(), loss!.known).join('\n')).toMatch(/^rocket-\d+: \d+ is lost$/m);
});

const imageFile = (): string => join(directory, 'image', DATABASE);

const judge = async (image: ReadonlyMap<string, Buffer>, known: Known, open: boolean): Promise<string[]> => {
  restore(image, imageFile());
  // Before the first reply the file may be half made: nothing to be read, all to be opened.
  if (known.acknowledged.size === 0) return complaintsOfStore(imageFile(), known);
  const complaints = complaintsOfReader(imageFile(), known);
  return complaints.length > 0 || !open ? complaints : complaintsOfStore(imageFile(), known);
};

/** Pairs of replies that followed each other with something new in the log in between, and no checkpoint. */
const repliesToOneWrite = (events: readonly DiskEvent[]): { from: number; to: number }[] => {
  const places = events.flatMap((event, i) => (event.kind === 'reply' ? [i] : [])).slice(-ONE_BY_ONE);
  return places.slice(1).flatMap((to, i) => {
    const between = events.slice(places[i], to).filter((event) => 'name' in event);
    const written = between.some(({ kind }) => kind === 'write');
    return written && between.every((event) => event.name !== DATABASE)
      ? [{ from: places[i]!, to: to + 1 }]
      : [];
  });
};

/** The first sync of the database after a checkpoint, and a reply from when the log had begun anew. */
const replyAfterCheckpoint = (events: readonly DiskEvent[]): { synced: number; replied: number } => {
  const after = (from: number, is: (event: DiskEvent) => boolean): number => {
    const place = events.findIndex((event, i) => i > from && is(event));
    if (place === -1) throw new Error('there is no such event');
    return place;
  };
  const isOf = (event: DiskEvent, kind: DiskEvent['kind'], name: string): boolean =>
    event.kind === kind && 'name' in event && event.name === name;
  const firstReply = after(-1, ({ kind }) => kind === 'reply');
  const checkpoint = after(firstReply, (event) => isOf(event, 'write', DATABASE));
  const synced = after(checkpoint, (event) => isOf(event, 'sync-ends', DATABASE));
  const anew = after(synced, (event) => event.kind === 'write' && event.name === LOG && event.offset === 0);
  const logged = after(anew, (event) => isOf(event, 'sync-ends', LOG));
  return {
    synced,
    replied: after(
      after(logged, (e) => isOf(e, 'sync-ends', LOG)),
      ({ kind }) => kind === 'reply',
    ),
  };
};
