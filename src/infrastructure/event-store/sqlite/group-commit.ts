import type { Change } from '../../../application/ports/event-store.js';
import { encodeChange, type ChangeCells } from './change-cells.js';
import type { GroupReply } from './writer.js';

interface Batch {
  readonly changes: readonly Change[];
  readonly resolve: (moved: Change[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Batches that arrive while the writer is busy go together into its next transaction: under load the cost of an
 * fsync is shared by everything that waited for the one before, without a timer. Each batch is answered after the
 * fsync of its own group.
 */
export class GroupCommit {
  private queue: Batch[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly write: (cells: ChangeCells) => Promise<GroupReply>,
    /** Called once the change is in the file, before anybody is answered. */
    private readonly committed: (change: Change) => void,
    private readonly failed: () => void,
  ) {}

  /** Answers the changes whose channel had moved. */
  add(changes: readonly Change[]): Promise<Change[]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ changes, resolve, reject });
      this.running ??= this.run();
    });
  }

  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      // Whatever has reached the process by now belongs to this group.
      await nextTurn();
      await this.writeGroup(this.queue.splice(0));
    }
    this.running = undefined;
  }

  private async writeGroup(group: readonly Batch[]): Promise<void> {
    try {
      const cells: ChangeCells = [];
      for (const { changes } of group) for (const change of changes) encodeChange(cells, change);
      this.settle(group, await this.write(cells));
    } catch (error) {
      this.failed();
      for (const { reject } of group) reject(error as Error);
    }
  }

  private settle(group: readonly Batch[], { moved, contradictions }: GroupReply): void {
    const notWritten = new Set(moved);
    const reasons = new Map(contradictions);
    let place = 0;
    for (const { changes, resolve, reject } of group) {
      const movedChanges: Change[] = [];
      let contradiction: string | undefined;
      for (const change of changes) {
        if (notWritten.has(place)) movedChanges.push(change);
        else if (reasons.has(place)) contradiction ??= reasons.get(place);
        else this.committed(change);
        place++;
      }
      if (contradiction === undefined) resolve(movedChanges);
      else reject(new Error(contradiction));
    }
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
