import { hashOf, makeApiKey } from '../../src/infrastructure/auth/api-key.js';
import { keysText, type KeyRecord } from '../../src/infrastructure/auth/key-record.js';

export interface TestKey {
  readonly text: string;
  readonly record: KeyRecord;
  readonly header: { readonly authorization: string };
}

export const testKey = (
  name: string,
  limits: Partial<Omit<KeyRecord, 'id' | 'hash' | 'name'>> = {},
): TestKey => {
  const { id, text } = makeApiKey();
  const hash = hashOf(text).toString('hex');
  const record: KeyRecord = { id, name, hash, scopes: ['ingest', 'read', 'operate'], ...limits };
  return { text, record, header: { authorization: `Bearer ${text}` } };
};

/** As `API_KEYS` or the file takes them. */
export const keysOf = (keys: Readonly<Record<string, TestKey>> | readonly TestKey[]): string =>
  keysText(Object.values(keys).map(({ record }) => record));
