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

  /** A key that stays as it is keeps its record, by which its callers are known. Answers what is different now, by name. */
  replace(records: readonly KeyRecord[]): KeyChanges {
    const before = this.records;
    this.records = new Map(
      records.map((record) => {
        const same = before.get(record.id);
        return [record.id, JSON.stringify(same) === JSON.stringify(record) ? same! : record];
      }),
    );
    return changesOf(before, this.records);
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

/** Those that there are none of are left out. */
interface KeyChanges {
  readonly added?: readonly string[];
  readonly revoked?: readonly string[];
  readonly changed?: readonly string[];
  readonly removed?: readonly string[];
}

/** For people to read: beyond that many names of one kind, how many more there are. */
const NAMES_SAID = 20;

const changesOf = (
  before: ReadonlyMap<string, KeyRecord>,
  after: ReadonlyMap<string, KeyRecord>,
): KeyChanges => {
  const names = { added: [], revoked: [], changed: [], removed: [] } as Record<keyof KeyChanges, string[]>;
  for (const [id, record] of after) {
    const old = before.get(id);
    if (old === record) continue;
    if (old === undefined) names.added.push(record.name);
    else if (record.revokedAt !== undefined && old.revokedAt === undefined) names.revoked.push(record.name);
    else names.changed.push(record.name);
  }
  for (const [id, { name }] of before) if (!after.has(id)) names.removed.push(name);
  return Object.fromEntries(
    Object.entries(names).flatMap(([what, all]) => (all.length === 0 ? [] : [[what, fewOf(all)]])),
  );
};

const fewOf = (names: readonly string[]): readonly string[] =>
  names.length <= NAMES_SAID
    ? names
    : [...names.slice(0, NAMES_SAID), `and ${names.length - NAMES_SAID} more`];

const nobody = '0'.repeat(64);
