import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../simulation/random.js';
import { diskEventsIn, meansSomethingAfterCrash, type DiskEvent } from '../support/power-loss/disk-events.js';
import { FragileDisk, type DiskImage } from '../support/power-loss/fragile-disk.js';
import {
  chainIn,
  complaintsOfReader,
  complaintsOfStore,
  type Known,
} from '../support/power-loss/image-judge.js';
import {
  drawMoments,
  momentsOf,
  repliesToOneWrite,
  replyAfterCheckpoint,
  type Moments,
} from '../support/power-loss/moments.js';
import {
  powerLossAt,
  powerLosses,
  powerLossOfLiar,
  restore,
  type PowerLoss,
} from '../support/power-loss/power-loss.js';
import { RadioTraffic } from '../support/power-loss/radio-traffic.js';
import { startTraced, type TracedService } from '../support/power-loss/traced-service.js';

/** More of the same by hand: `POWER_LOSSES=1000 CHECKPOINTS=4 npx jest --selectProjects e2e --testPathPatterns sqlite-power-loss`. */
const POWER_LOSSES = Number(process.env['POWER_LOSSES'] ?? 200);
/** How often the log is full and begun anew; when the service ends in order comes one checkpoint more. */
const CHECKPOINTS = Number(process.env['CHECKPOINTS'] ?? 1);
/** The same without syncs, where only the end may be lost. */
const CARELESS_LOSSES = Math.ceil(POWER_LOSSES / 4);
const SEED = Number(process.env['SEED'] ?? 1);
/** Every disk is verified and read; one of so many is first opened by the whole store, which starts threads. */
const OPENED = 8;
const ONE_BY_ONE = 30;

const DATABASE = 'rockets.db';
const LOG = `${DATABASE}-wal`;

/** What the service did, from its first start, through a load with checkpoints and a restart, to its second end. */
let events: DiskEvent[];
let moments: Moments;
const traffic = new RadioTraffic(SEED);
/** The same with SQLITE_SYNCHRONOUS=normal. */
let carelessEvents: DiskEvent[];
const careless = new RadioTraffic(SEED);
let running: TracedService | undefined;
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rockets-power-')));
const carelessFile = join(directory, 'normal', DATABASE);
const image = join(directory, 'image', DATABASE);

beforeAll(async () => {
  events = await flown(join(directory, DATABASE), 'full', traffic);
  carelessEvents = await flown(carelessFile, 'normal', careless);
  moments = momentsOf(events, DATABASE);
}, 120_000);

afterAll(async () => {
  await running?.end('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

describe('a service on SQLite whose power fails', () => {
  it('is seen with every byte it wrote and every reply it sent', () => {
    const disk = new FragileDisk();
    for (const event of events) disk.apply(event);
    const left = readdirSync(directory).filter((name) => meansSomethingAfterCrash(name, DATABASE));
    expect([...disk.now().keys()].sort()).toEqual(left.sort());
    for (const [name, bytes] of disk.now()) {
      expect(bytes.equals(readFileSync(join(directory, name)))).toBe(true);
    }
    const replied = new Set(events.map((event) => (event.kind === 'reply' ? event.requestId : '')));
    expect([...traffic.carried.keys()].filter((id) => !replied.has(id))).toEqual([]);
    expect(moments.checkpointsEnded).toBeGreaterThanOrEqual(CHECKPOINTS + 2);
  });

  it(
    `has everything it acknowledged, nothing else, and every state right, ${POWER_LOSSES} times`,
    async () => {
      const random = new Random(SEED);
      const drawn = drawMoments(moments, POWER_LOSSES, SEED);
      let judged = 0;
      for (const loss of powerLosses(events, drawn, traffic, (disk) => disk.afterPowerLoss(random))) {
        const opens = judged++ % OPENED === 0 || nothingPromised(loss);
        expectNone(await judge(loss.image, loss.known, opens), loss);
      }
      expect(judged).toBe(POWER_LOSSES);
    },
    60_000 + POWER_LOSSES * 1000,
  );

  it(
    `lacks no more than the end of what it heard, ${CARELESS_LOSSES} times with SQLITE_SYNCHRONOUS=normal`,
    async () => {
      const random = new Random(SEED);
      const drawn = drawMoments(momentsOf(carelessEvents, DATABASE), CARELESS_LOSSES, SEED);
      const whole = chainIn(carelessFile);
      const left = new Set<number>();
      let judged = 0;
      for (const loss of powerLosses(carelessEvents, drawn, careless, (disk) =>
        disk.afterPowerLoss(random),
      )) {
        const opens = judged++ % OPENED === 0 || nothingPromised(loss);
        const promised = { ...loss.known, acknowledged: new Map() };
        // It may be started again as it was, or as one that promises more.
        expectNone(await judge(loss.image, promised, opens, judged % 2 === 0 ? 'normal' : 'full'), loss);
        const chain = chainIn(image);
        expect(chain).toEqual(whole.slice(0, chain.length));
        left.add(chain.length);
      }
      expect(judged).toBe(CARELESS_LOSSES);
      expect(left.size).toBeGreaterThan(1);
    },
    60_000 + CARELESS_LOSSES * 1000,
  );
});

describe('the judge of what a power loss left', () => {
  it('notices that what was synced before a reply is gone', () => {
    const places = repliesToOneWrite(events, DATABASE).slice(-5);
    expect(places).toHaveLength(5);
    for (const { from, to } of places) {
      const lied = (event: DiskEvent, i: number) => i > from && 'name' in event && event.name === LOG;
      const loss = powerLossOfLiar(events.slice(0, to + 1), lied, traffic);
      restore(loss.image, image);
      expect(complaintsOfReader(image, loss.known).join('\n')).toMatch(/^rocket-\d+: \d+ is lost$/);
    }
  });

  it('notices that what a checkpoint synced is gone', () => {
    const { synced, replied } = replyAfterCheckpoint(events, DATABASE);
    const loss = powerLossOfLiar(events.slice(0, replied + 1), (_event, i) => i === synced, traffic);
    restore(loss.image, image);
    expect(complaintsOfReader(image, loss.known)).not.toEqual([]);
  });

  it('notices a message that was never sent', () => {
    const { image: whole, known } = powerLossAt(events, events.length, traffic, (disk) => disk.now());
    restore(whole, image);
    const [channel, numbers] = [...known.acknowledged][0]!;
    const [number = 0] = numbers;
    const fewer = new Map([...traffic.sent.get(channel)!].filter(([each]) => each !== number));
    const sent = new Map(traffic.sent).set(channel, fewer);
    expect(complaintsOfReader(image, { ...known, sent })).toEqual([`${channel}: ${number} was never sent`]);
  });

  it('notices what SQLITE_SYNCHRONOUS=normal gives up', () => {
    // An end in order makes the tables safe; after it nothing is, until the next checkpoint.
    const moment = momentsOf(carelessEvents, DATABASE).replies.at(-1) ?? 0;
    const loss = powerLossAt(carelessEvents, moment, careless, (disk) => disk.synced());
    restore(loss.image, image);
    expect(complaintsOfReader(image, loss.known).join('\n')).toMatch(/^rocket-\d+: \d+ is lost$/m);
  });
});

/** A load with checkpoints, an end in order, a start, and one message after the other. */
const flown = async (
  file: string,
  synchronous: 'full' | 'normal',
  radio: RadioTraffic,
): Promise<DiskEvent[]> => {
  const enough = wellBeyondCheckpoints(`${file}-wal`, radio);
  const first = await record(file, synchronous, (url) => radio.fly(url, enough));
  const again = await record(file, synchronous, (url) => postOneByOne(radio, url));
  return [...first, ...again];
};

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
  const happened = [...diskEventsIn(trace, file)];
  rmSync(trace);
  return happened;
};

const postOneByOne = async (radio: RadioTraffic, url: string): Promise<void> => {
  for (let i = 0; i < ONE_BY_ONE; i++) await radio.post(url);
};

/** The log was begun anew as often as it takes, and has grown again over what it held before. */
const wellBeyondCheckpoints = (log: string, { carried }: RadioTraffic): (() => boolean) => {
  let asked = 0;
  let requests = 40_000;
  return () => {
    if (++asked % 50 === 0 && checkpointsOf(log) >= CHECKPOINTS) {
      requests = Math.min(requests, carried.size * (1 + 0.3 / CHECKPOINTS));
    }
    return carried.size >= requests;
  };
};

/** How often SQLite has begun its log anew, as the log's header says. */
const checkpointsOf = (log: string): number => {
  const header = Buffer.alloc(16);
  const handle = openSync(log, 'r');
  readSync(handle, header);
  closeSync(handle);
  return header.readUInt32BE(12);
};

/** Before the first acknowledgement the file may be half made: nothing to be read, all to be opened. */
const nothingPromised = ({ known }: PowerLoss): boolean => known.acknowledged.size === 0;

const expectNone = (complaints: readonly string[], { image: wrong, moment }: PowerLoss): void => {
  if (complaints.length === 0) return;
  const kept = join(mkdtempSync(join(tmpdir(), 'rockets-wrong-')), 'image', DATABASE);
  restore(wrong, kept);
  throw new Error(`${kept}, cut at event ${moment}:\n${complaints.join('\n')}`);
};

const judge = async (
  disk: DiskImage,
  known: Known,
  opens: boolean,
  synchronous: 'full' | 'normal' = 'full',
): Promise<string[]> => {
  restore(disk, image);
  return opens ? complaintsOfStore(image, known, synchronous) : complaintsOfReader(image, known);
};
