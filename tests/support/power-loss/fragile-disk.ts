import type { Random } from '../../simulation/random.js';
import type { DiskEvent } from './disk-events.js';
import { FragileFile } from './fragile-file.js';

/** The files a disk holds, by name. */
export type DiskImage = ReadonlyMap<string, Buffer>;

interface Renaming {
  readonly name: string;
  /** Undefined: the name is gone. */
  readonly file: FragileFile | undefined;
}

/**
 * A disk that keeps no more than it must: what was synced. What was written since, to files and to the directory, is
 * in its cache, and a power loss decides what of that is there.
 */
export class FragileDisk {
  private readonly names = new Map<string, FragileFile>();
  private readonly durableNames = new Map<string, FragileFile>();
  private renamings: Renaming[] = [];
  private readonly syncs = new Map<string, { file: FragileFile; upTo: number } | { renamings: Renaming[] }>();

  apply(event: DiskEvent): void {
    if (event.kind === 'create') {
      if (!this.names.has(event.name)) this.rename(event.name, new FragileFile());
    } else if (event.kind === 'remove') {
      this.rename(event.name, undefined);
    } else if (event.kind === 'rename') {
      this.rename(event.to, this.file(event.name));
      this.rename(event.name, undefined);
    } else if (event.kind === 'write' || event.kind === 'resize') {
      this.file(event.name).change(event);
    } else if (event.kind === 'sync-begins') {
      this.syncs.set(event.thread, this.promised(event.name));
    } else if (event.kind === 'sync-ends') {
      this.keep(event.thread);
    }
  }

  /** Whether anything was written to the file that a power loss may take. */
  isUnsynced(name: string): boolean {
    return this.names.get(name)?.isUnsynced ?? false;
  }

  /** As the processes see it. */
  now(): DiskImage {
    return new Map([...this.names].map(([name, file]) => [name, file.now()]));
  }

  /** The least there is after a power loss at this moment: what was synced. */
  synced(): DiskImage {
    return new Map([...this.durableNames].map(([name, file]) => [name, file.synced()]));
  }

  /** One of all the disks a power loss at this moment can leave. */
  afterPowerLoss(random: Random): DiskImage {
    const names = new Map(this.durableNames);
    // A directory keeps its changes in their order.
    const kept = this.renamings.slice(0, random.between(0, this.renamings.length));
    for (const renaming of kept) enter(names, renaming);
    return new Map([...names].map(([name, file]) => [name, file.afterPowerLoss(random)]));
  }

  private file(name: string): FragileFile {
    const file = this.names.get(name);
    if (file === undefined) throw new Error(`${name} was written and never made`);
    return file;
  }

  private rename(name: string, file: FragileFile | undefined): void {
    const renaming = { name, file };
    enter(this.names, renaming);
    this.renamings.push(renaming);
  }

  private promised(name: string) {
    if (name === '') return { renamings: [...this.renamings] };
    const file = this.file(name);
    return { file, upTo: file.changes };
  }

  private keep(thread: string): void {
    const sync = this.syncs.get(thread);
    if (sync === undefined) throw new Error('a sync ended that never began');
    this.syncs.delete(thread);
    if ('file' in sync) return sync.file.keep(sync.upTo);
    for (const renaming of sync.renamings) enter(this.durableNames, renaming);
    this.renamings = this.renamings.filter((renaming) => !sync.renamings.includes(renaming));
  }
}

const enter = (names: Map<string, FragileFile>, { name, file }: Renaming): void => {
  if (file === undefined) names.delete(name);
  else names.set(name, file);
};
