import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../../../../application/ports/event-store.js';
import type { DatabaseOptions } from '../database.js';
import { StoreDamaged, StoreRefused } from '../store-errors.js';
import { threadFile } from './thread-file.js';
import type { Call, ReaderMethods, Reply, Role, WriterMethods } from './thread-protocol.js';

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

type Method = (...args: never[]) => unknown;

/** A worker thread and the calls that wait for it: SQLite and the disk never keep the event loop. */
export class StoreThread<Methods extends { [name in keyof Methods]: Method }> {
  private readonly waiting = new Map<number, Waiting>();
  private readonly worker: Worker;
  private calls = 0;
  private ended: Error | undefined;

  private constructor(role: Role, options: DatabaseOptions) {
    this.worker = new Worker(threadFile, {
      workerData: { role, options },
      name: `sqlite-${role}`,
      // Rows live for one transaction: with room for several, most are gone before anything must be moved.
      resourceLimits: { maxYoungGenerationSizeMb: 48 },
    });
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error: Error) => this.end(`the ${role} thread failed: ${error.message}`));
    this.worker.on('exit', () => this.end(`the ${role} thread has ended`));
  }

  static writer(options: DatabaseOptions): StoreThread<WriterMethods> {
    return new StoreThread('writer', options);
  }

  static reader(options: DatabaseOptions): StoreThread<ReaderMethods> {
    return new StoreThread('reader', options);
  }

  call<Name extends keyof Methods & string>(
    method: Name,
    ...args: Parameters<Methods[Name]>
  ): Promise<ReturnType<Methods[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) return reject(this.ended);
      const id = this.calls++;
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  async stop(): Promise<void> {
    if (this.ended !== undefined) return;
    const exit = once(this.worker, 'exit');
    this.worker.postMessage({ id: this.calls++, method: 'close', args: [] } satisfies Call);
    await exit;
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if (waiting === undefined) return;
    this.waiting.delete(reply.id);
    if ('error' in reply) waiting.reject(errorOf(reply.error));
    else waiting.resolve(reply.result as never);
  }

  private end(reason: string): void {
    this.ended ??= new StoreUnavailable(reason);
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}

/** Errors lose their class on the way between threads. */
const errorOf = ({ name, message }: { name: string; message: string }): Error => {
  if (name === 'StoreDamaged') return new StoreDamaged(message);
  return name === 'StoreRefused' ? new StoreRefused(message) : new StoreUnavailable(message);
};
