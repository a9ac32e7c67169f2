import { StoreUnavailable } from '../../../../application/ports/event-store.js';
import { StoreDamaged } from '../store-errors.js';
import type { StoreThread } from './store-thread.js';
import type { ReaderMethods, ReadMethod, WriterMethods } from './thread-protocol.js';

type Answer<Name extends ReadMethod> = Promise<ReturnType<ReaderMethods[Name]>>;

/**
 * Reads what is folded from the log, after it was folded as far as it is acknowledged: a write that was acknowledged is
 * seen by the next read. While nothing is written, nothing has to be folded.
 */
export class Reading {
  private writes = 0;
  /** How many writes had begun when everything was folded last. */
  private folded = -1;

  constructor(
    private readonly writer: StoreThread<WriterMethods>,
    private readonly reader: StoreThread<ReaderMethods>,
  ) {}

  /** From now on there may be something to fold. */
  wrote(): void {
    this.writes++;
  }

  /** Of the log alone, which is never behind. */
  ofLog<Name extends ReadMethod>(method: Name, ...args: Parameters<ReaderMethods[Name]>): Answer<Name> {
    return this.reader.call(method, ...args);
  }

  /** Of one rocket. */
  ofRocket<Name extends ReadMethod>(
    channel: string,
    method: Name,
    ...args: Parameters<ReaderMethods[Name]>
  ): Answer<Name> {
    return this.behind(() => this.writer.call('foldChannels', [channel]), method, args);
  }

  /** Of all rockets. */
  ofAll<Name extends ReadMethod>(method: Name, ...args: Parameters<ReaderMethods[Name]>): Answer<Name> {
    return this.behind(() => this.foldAll(), method, args);
  }

  private async behind<Name extends ReadMethod>(
    fold: () => Promise<void>,
    method: Name,
    args: Parameters<ReaderMethods[Name]>,
  ): Answer<Name> {
    if (this.folded !== this.writes) {
      try {
        await fold();
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || error instanceof StoreDamaged) throw error;
        // The disk takes nothing now, but it gives: slower, and right.
        return (await this.writer.call('ask', { method, args })) as ReturnType<ReaderMethods[Name]>;
      }
    }
    return this.reader.call(method, ...args);
  }

  private async foldAll(): Promise<void> {
    const { writes } = this;
    let step = await this.writer.call('foldSome', undefined);
    while (!step.done) step = await this.writer.call('foldSome', step.upTo);
    this.folded = writes;
  }
}
