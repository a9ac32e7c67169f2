import { timingSafeEqual } from 'node:crypto';
import { utcMillis } from '../../domain/rocket-time.js';
import { hashOf, readApiKey } from './api-key.js';
import { Refusal, type Caller } from './caller.js';
import type { KeyRecord } from './key-record.js';

/** The keys there are. They can be replaced while the service runs. */
export class ApiKeys {
  private records = new Map<string, KeyRecord>();

  constructor(records: readonly KeyRecord[]) {
    this.replace(records);
  }

  get size(): number {
    return this.records.size;
  }

  /** A key that stays as it is keeps its record, by which its callers are known. */
  replace(records: readonly KeyRecord[]): void {
    const before = this.records;
    this.records = new Map(
      records.map((record) => {
        const same = before.get(record.id);
        return [record.id, JSON.stringify(same) === JSON.stringify(record) ? same! : record];
      }),
    );
  }

  callerOf(token: string): Caller | Refusal {
    const key = readApiKey(token);
    if (key === undefined) return new Refusal('The API key is incomplete or was copied badly.');
    const record = this.records.get(key.id);
    // An unknown id costs the same as a wrong secret.
    const isRight = timingSafeEqual(hashOf(key.text), Buffer.from(record?.hash ?? nobody, 'hex'));
    if (record === undefined || !isRight) return new Refusal('The API key is not known here.');
    return this.callerWith(record);
  }

  /** Who comes with the key of this id, shown some time ago. */
  callerById(id: string): Caller | Refusal {
    const record = this.records.get(id);
    return record === undefined
      ? new Refusal('The API key you signed in with is not known any more.')
      : this.callerWith(record);
  }

  /** Whether this is still how the key stands. */
  holds(record: KeyRecord): boolean {
    return this.records.get(record.id) === record;
  }

  private callerWith(record: KeyRecord): Caller | Refusal {
    const { name, revokedAt } = record;
    if (revokedAt !== undefined) return new Refusal(`The API key ${name} was revoked at ${revokedAt}.`);
    return {
      name,
      scopes: new Set(record.scopes),
      channels: record.channels && new Set(record.channels),
      until: record.until === undefined ? undefined : utcMillis(record.until),
      key: record,
    };
  }
}

const nobody = '0'.repeat(64);
