import { closeSync, mkdtempSync, openSync, readSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../simulation/random.js';
import { diskEventsIn, type DiskEvent } from './disk-events.js';
import type { DiskImage, FragileDisk } from './fragile-disk.js';
import { complaintsOfReader, complaintsOfStore, type Known } from './image-judge.js';
import { drawMoments, momentsOf, type Moments } from './moments.js';
import { powerLosses, restore, type PowerLoss } from './power-loss.js';
import { RadioTraffic } from './radio-traffic.js';
import { startTraced, type TracedService } from './traced-service.js';

export const DATABASE = 'rockets.db';
export const LOG = `${DATABASE}-wal`;

/** Every disk is verified and read; one of so many is first opened by the whole store, which starts threads. */
const OPENED = 8;
const ONE_BY_ONE = 30;

export type Synchronous = 'full' | 'normal';

/**
 * What a service did to its disk and what it answered, byte by byte, from its first start, through a load with checkpoints
 * and a restart, to its second end; and the power losses that could have come in between.
 */
export class Flown {
  readonly traffic: RadioTraffic;
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'rockets-power-')));
  readonly file = join(this.directory, 'disk', DATABASE);
  /** Where what is left of a disk is put to be looked at. */
  readonly image = join(this.directory, 'image', DATABASE);
  events: DiskEvent[] = [];
  moments: Moments = momentsOf([], DATABASE);
  private running: TracedService | undefined;
  private readonly random: Random;

  constructor(
    private readonly synchronous: Synchronous,
    private readonly seed: number,
    /** How often the log is full and begun anew; when the service ends in order come some more. */
    private readonly checkpoints: number,
  ) {
    this.traffic = new RadioTraffic(seed);
    this.random = new Random(seed);
  }

  async fly(): Promise<void> {
    const enough = this.wellBeyondCheckpoints();
    await this.record((url) => this.traffic.fly(url, enough));
    await this.record(async (url) => {
      for (let i = 0; i < ONE_BY_ONE; i++) await this.traffic.post(url);
    });
    this.moments = momentsOf(this.events, DATABASE);
  }

  /** So many power losses, after replies, within checkpoints and at any other moment. */
  losses(count: number): Generator<PowerLoss> {
    const drawn = drawMoments(this.moments, count, this.seed);
    return powerLosses(this.events, drawn, this.traffic, (disk) => this.afterPowerLoss(disk));
  }

  /** Throws when something is wrong with what one of them left, and keeps it. */
  async judge(
    loss: PowerLoss,
    nth: number,
    promised: Known,
    synchronous: Synchronous = 'full',
  ): Promise<void> {
    restore(loss.image, this.image);
    // Before the first acknowledgement the file may be half made: nothing to be read, all to be opened.
    const opens = nth % OPENED === 0 || loss.known.acknowledged.size === 0;
    const complaints = opens
      ? await complaintsOfStore(this.image, promised, synchronous)
      : await complaintsOfReader(this.image, promised);
    if (complaints.length === 0) return;
    const kept = join(mkdtempSync(join(tmpdir(), 'rockets-wrong-')), 'image', DATABASE);
    restore(loss.image, kept);
    throw new Error(`${kept}, cut at event ${loss.moment}:\n${complaints.join('\n')}`);
  }

  async complaintsAbout(image: DiskImage, known: Known): Promise<string[]> {
    restore(image, this.image);
    return complaintsOfReader(this.image, known);
  }

  async remove(): Promise<void> {
    await this.running?.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  private afterPowerLoss(disk: FragileDisk): DiskImage {
    return disk.afterPowerLoss(this.random);
  }

  private async record(drive: (url: string) => Promise<void>): Promise<void> {
    const trace = join(this.directory, 'trace');
    this.running = await startTraced(this.file, trace, this.synchronous);
    await drive(this.running.url);
    await this.running.stop();
    for (const event of diskEventsIn(trace, this.file)) this.events.push(event);
    rmSync(trace);
  }

  /** The log was begun anew as often as it takes, and has grown again over what it held before. */
  private wellBeyondCheckpoints(): () => boolean {
    const { carried } = this.traffic;
    let asked = 0;
    let requests = 40_000;
    return () => {
      if (++asked % 10 === 0 && logsBegun(`${this.file}-wal`) >= this.checkpoints) {
        requests = Math.min(requests, carried.size * (1 + 0.3 / this.checkpoints));
      }
      return carried.size >= requests;
    };
  }
}

/** How often SQLite has begun its log anew, as the log's header says. */
const logsBegun = (log: string): number => {
  const header = Buffer.alloc(16);
  const handle = openSync(log, 'r');
  readSync(handle, header);
  closeSync(handle);
  return header.readUInt32BE(12);
};
