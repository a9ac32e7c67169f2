import { MessageTooLarge } from '../../application/ports/message-queue.js';
import type { Clock } from '../../application/ports/clock.js';
import type { TopicRecord } from './assignment.js';
import type { TopicWriter, WrittenRecord } from './topic-writer.js';

const AGAIN_AFTER_MS = 250;
const AGAIN_AFTER_AT_MOST_MS = 5000;
/** Written at once. */
const MOST_RECORDS = 100;
const MOST_BYTES = 512 * 1024;

/** Why a record could not be taken; the JSON of the header `problem`. */
export interface RecordProblem {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly object[];
}

interface Rejected {
  readonly record: WrittenRecord;
  readonly bytes: number;
  readonly written: () => void;
}

/**
 * What no message can be made of, put where a person finds it: with its own key, bytes and headers, the problem, and the
 * place where it stood. What cannot be written waits, and with it the partition: nothing is dropped.
 */
export class RejectedRecords {
  /** Written since the process began. */
  count = 0;
  /** Why the last attempt failed, while none has worked since. */
  error: string | undefined;
  private waiting: Rejected[] = [];
  private isBusy = false;

  constructor(
    private readonly writer: Pick<TopicWriter, 'write'>,
    private readonly sourceTopic: string,
    private readonly partitionOf: (key: Buffer) => number,
    private readonly clock: Clock,
    private readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void,
  ) {}

  /** `written` is told when the topic of rejected records holds it. */
  reject(
    { partition, offset, key, value, headerEntries }: TopicRecord,
    problem: RecordProblem,
    written: () => void,
  ): void {
    const place = `${this.sourceTopic}/${partition}/${offset}`;
    this.warn('a record cannot be taken', { place, problem: problem.type, detail: problem.detail });
    const headers = new Map([
      ...headerEntries,
      [Buffer.from('problem'), Buffer.from(JSON.stringify(problem))] as const,
      [Buffer.from('place'), Buffer.from(place)] as const,
    ]);
    const ownKey = copied(key);
    const record = {
      ...(ownKey && { key: ownKey }),
      value: copied(value),
      headers,
      partition: this.partitionOf(ownKey ?? Buffer.from(place)),
    };
    this.waiting.push({ record, bytes: (value?.length ?? 0) + (key?.length ?? 0), written });
    if (!this.isBusy) void this.work();
  }

  /** Records that wait to be put away. */
  get held(): number {
    return this.waiting.length;
  }

  /** Nothing of it was committed: it is read again, and would be held once more for each assignment. */
  forget(): void {
    this.waiting = [];
  }

  private async work(): Promise<void> {
    this.isBusy = true;
    let pause = AGAIN_AFTER_MS;
    while (this.waiting.length > 0) {
      const { waiting } = this;
      const some = firstOf(waiting);
      try {
        await this.write(some);
        waiting.splice(0, some.length);
        this.error = undefined;
        pause = AGAIN_AFTER_MS;
        this.count += some.length;
        for (const { written } of some) written();
      } catch (error) {
        this.error = (error as Error).message;
        this.warn('what cannot be taken cannot be put away either: waiting', { error: this.error });
        await this.clock.sleep(pause);
        pause = Math.min(2 * pause, AGAIN_AFTER_AT_MOST_MS);
      }
    }
    // Also when what could not be put away is not waited for any more.
    this.error = undefined;
    this.isBusy = false;
  }

  private async write(some: readonly Rejected[]): Promise<void> {
    try {
      await this.writer.write(some.map(({ record }) => record));
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      if (some.length === 1) return this.writer.write([withoutBytes(some[0]!.record)]);
      const half = some.length >> 1;
      await this.write(some.slice(0, half));
      await this.write(some.slice(half));
    }
  }
}

/** Its own memory: the record shares that of everything that was fetched with it. */
const copied = (bytes: Buffer | null | undefined): Buffer | undefined =>
  bytes === null || bytes === undefined ? undefined : Buffer.from(bytes);

const LONGEST_KEY = 1024;

/** The place says where they stand. */
const withoutBytes = ({ key, value, headers, partition }: WrittenRecord): WrittenRecord => {
  const ours = [...(headers ?? [])].slice(-2);
  const left = `${(key?.length ?? 0) + (value?.length ?? 0)} bytes`;
  return {
    partition,
    ...(key !== undefined && key.length <= LONGEST_KEY ? { key } : {}),
    headers: new Map([...ours, [Buffer.from('left-out'), Buffer.from(left)]]),
  };
};

const firstOf = (waiting: readonly Rejected[]): readonly Rejected[] => {
  let count = 0;
  for (let bytes = 0; count < Math.min(waiting.length, MOST_RECORDS); count++) {
    bytes += waiting[count]!.bytes;
    if (bytes > MOST_BYTES && count > 0) break;
  }
  return waiting.slice(0, count);
};
