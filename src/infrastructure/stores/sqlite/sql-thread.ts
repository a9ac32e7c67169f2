import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../../../application/ports/event-store.js';
import { StoreDamaged, StoreRefused } from '../relational/store-errors.js';
import type { DatabaseOptions } from './database.js';
import { threadFile } from './thread-file.js';

export type Role = 'reads' | 'writes' | 'checks';

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** A worker thread with a connection, and the calls that wait for it. */
export class SqlThread {
  private readonly waiting = new Map<number, Waiting>();
  private readonly worker: Worker;
  private calls = 0;
  private ended: Error | undefined;

  constructor(role: Role, options: DatabaseOptions) {
    this.worker = new Worker(threadFile, {
      workerData: { role, options },
      name: `sqlite-${role}`,
      // Rows live for one transaction: with room for several, most are gone before anything must be moved.
      resourceLimits: { maxYoungGenerationSizeMb: 48 },
    });
    this.worker.unref();
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error: Error) => this.end(`the thread that ${role} failed: ${error.message}`));
    this.worker.on('exit', () => this.end(`the thread that ${role} has ended`));
  }

  call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.ended !== undefined) return reject(this.ended);
      const id = this.calls++;
      this.waiting.set(id, { resolve, reject });
      if (this.waiting.size === 1) this.worker.ref();
      this.worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  /** Ends it after what it was asked for, but does not wait for longer than `ms` for that. */
  async stop(ms: number): Promise<void> {
    if (this.ended !== undefined) return;
    const exit = once(this.worker, 'exit');
    this.worker.postMessage({ id: this.calls++, method: 'close', args: [] } satisfies Call);
    const giveUp = setTimeout(() => void this.worker.terminate(), ms);
    this.worker.ref();
    await exit;
    clearTimeout(giveUp);
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if (waiting === undefined) return;
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0) this.worker.unref();
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
