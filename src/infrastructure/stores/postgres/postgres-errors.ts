import { isNativeError } from 'node:util/types';
import { ChangeRefused, StoreUnavailable, TooManyReads } from '../../../application/ports/event-store.js';
import { StoreRefused } from '../relational/store-errors.js';
import { EPOCH_MOVED } from './commit-function.js';

/** Data that can't be what it says, and rows that break a rule of the tables: they would fail again for ever. */
const refusals = new Set(['22', '23']);

/** The server says what waiting does not change: who may not come in, or where there is nothing. */
const hopeless = new Set(['28', '3D', '3F', '42']);

export const sqlState = (error: unknown): string | undefined => {
  const code: unknown = isNativeError(error) && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
};

/** Whatever PostgreSQL, its driver or the network threw, in the words of the port; our own errors stay as they are. */
export const asStoreError = (error: unknown): Error => {
  if (error instanceof StoreUnavailable || error instanceof StoreRefused || error instanceof TooManyReads)
    return error;
  if (!isNativeError(error)) return new StoreUnavailable(String(error));
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const state = sqlState(error);
  const message = `PostgreSQL: ${error.message || String(Reflect.get(error, 'code'))}`;
  if (state !== undefined && refusals.has(state.slice(0, 2))) {
    return new ChangeRefused(message, { cause: error });
  }
  return new StoreUnavailable(message, { cause: error });
};

/** At the start, what nobody can wait for is said at once. */
export const asStartError = (error: unknown): Error => {
  const advice = adviceFor(error);
  if (advice === undefined) return asStoreError(error);
  return new StoreRefused(`PostgreSQL: ${oneLine((error as Error).message)} (${advice})`, { cause: error });
};

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');

const adviceFor = (error: unknown): string | undefined => {
  if (!isNativeError(error)) return undefined;
  const state = sqlState(error);
  if (state === undefined) return adviceForConnection(error);
  if (!hopeless.has(state.slice(0, 2))) return undefined;
  if (state === '3D000') return 'create the database first: createdb, or CREATE DATABASE';
  if (state.startsWith('28')) return 'look at the user and the password in DATABASE_URL, and at pg_hba.conf';
  if (state.startsWith('3F') || state === '42501') return adviceForRights(error.message);
  return 'what is there was not made by this program: give Rockets a database, or a schema, of its own';
};

const adviceForRights = (message: string): string => {
  if (message.includes('for database')) return 'the role may not come in: GRANT CONNECT ON DATABASE … TO it';
  if (/for (table|view|sequence|function) /.test(message) || message.includes('must be owner'))
    return 'the tables belong to another role: restore with --no-owner as this one, or REASSIGN OWNED BY the other TO it';
  return 'the role needs the right to create tables in its schema: GRANT CREATE, USAGE ON SCHEMA public TO it';
};

/** What both sides can't agree on before anything is asked; the driver gives these no state. */
const adviceForConnection = (error: Error): string | undefined => {
  if (error.message.startsWith('SASL'))
    return 'the server asks for a password, and DATABASE_URL has none that it takes';
  const code = String(Reflect.get(error, 'code') ?? '');
  if (/certificate|CERT|^ERR_(TLS|SSL)/.test(code) || error.message.includes('SSL'))
    return 'look at sslmode and sslrootcert in DATABASE_URL, and at ssl in postgresql.conf';
  return undefined;
};

export const hasMovedEpoch = (error: unknown): boolean => sqlState(error) === EPOCH_MOVED;

/** It was waited for a lock, or for whatever else, as long as it may be. */
export const isTimeout = (error: unknown): boolean => ['55P03', '57014'].includes(sqlState(error) ?? '');

/** The connection is of no more use: it is gone, or nobody knows what it still has to say. */
export const isBroken = (error: unknown): boolean => {
  const state = sqlState(error);
  return state === undefined || state.startsWith('08') || state.startsWith('57');
};
