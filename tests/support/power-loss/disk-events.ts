import { basename, dirname } from 'node:path';
import { systemCallsIn, type SystemCall } from './strace-calls.js';

/** What a service did to its files, and what it answered, in the order it happened. `name` '' is the directory. */
export type DiskEvent =
  | { readonly kind: 'create' | 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'write'; readonly name: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly name: string; readonly length: number }
  | { readonly kind: 'sync-begins' | 'sync-ends'; readonly name: string; readonly thread: string }
  | { readonly kind: 'reply'; readonly status: number; readonly requestId: string };

/** Every call that can change a file; one that this reader does not know by heart ends the test, never the proof. */
export const tracedCalls = [
  ['openat', 'open', 'creat', 'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2', 'link', 'linkat'],
  ['pwrite64', 'pwritev', 'pwritev2', 'write', 'writev', 'sendto', 'sendmsg', 'sendfile', 'copy_file_range'],
  ['ftruncate', 'truncate', 'fallocate', 'fsync', 'fdatasync'],
].flat();

/** All that concerns the database `file` in a trace, less its `-shm` and `-lock`, which mean nothing after a crash. */
export const diskEventsIn = function* (trace: string, file: string): Generator<DiskEvent> {
  for (const call of systemCallsIn(trace)) {
    const event = call.phase === 'begins' ? begun(call, file) : ended(call, file);
    if (event !== undefined) yield event;
  }
};

/** A reply counts from the moment it is handed over, a sync covers what was written before it began. */
const begun = (call: SystemCall, file: string): DiskEvent | undefined => {
  const { name, args, thread } = call;
  if (isSync(name)) {
    const synced = nameOf(descriptorOf(args), file);
    return synced === undefined ? undefined : { kind: 'sync-begins', name: synced, thread };
  }
  return descriptorOf(args).startsWith('socket:') ? replyIn(args) : undefined;
};

const ended = (call: SystemCall, file: string): DiskEvent | undefined => {
  const { name, args, result, remark, thread } = call;
  // What failed changed nothing; a sync that failed made nothing safe.
  if (!(result >= 0)) return undefined;
  if (name === 'openat') return opened(args, remark, file);
  if (name.startsWith('unlink') || name.startsWith('rename')) return renamed(call, file);
  const target = nameOf(descriptorOf(args), file);
  if (target === undefined) return undefined;
  if (isSync(name)) return { kind: 'sync-ends', name: target, thread };
  if (name === 'ftruncate') return { kind: 'resize', name: target, length: lastNumberOf(args) };
  if (name !== 'pwrite64') throw new Error(`${name} on ${target} is not understood`);
  const bytes = bytesOf(args.slice(args.indexOf('"') + 1, args.lastIndexOf('"'))).subarray(0, result);
  if (bytes.length !== result) throw new Error('strace left out a part of what was written');
  return { kind: 'write', name: target, offset: lastNumberOf(args), bytes };
};

const isSync = (name: string): boolean => name === 'fsync' || name === 'fdatasync';

const opened = (args: string, remark: string, file: string): DiskEvent | undefined => {
  const name = nameOf(pathIn(remark), file);
  if (name === undefined || name === '') return undefined;
  if (args.includes('O_TRUNC')) throw new Error(`O_TRUNC on ${name} is not understood`);
  return args.includes('O_CREAT') ? { kind: 'create', name } : undefined;
};

const renamed = ({ name: call, args }: SystemCall, file: string): DiskEvent | undefined => {
  const [name, to] = stringsOf(args).map((path) => nameOf(path, file));
  if (name === undefined && to === undefined) return undefined;
  if (name === undefined || name === '') throw new Error(`${call} of the database from elsewhere`);
  if (call.startsWith('unlink')) return { kind: 'remove', name };
  if (to === undefined || to === '') throw new Error(`${call} of ${name} to elsewhere`);
  return { kind: 'rename', name, to };
};

const nameOf = (path: string, file: string): string | undefined => {
  if (path === dirname(file)) return '';
  const name = basename(path);
  const isOurs = dirname(path) === dirname(file) && meansSomethingAfterCrash(name, basename(file));
  return isOurs ? name : undefined;
};

/** The database and its logs; its `-shm` and `-lock` are for those who have it open. */
export const meansSomethingAfterCrash = (name: string, database: string): boolean =>
  name.startsWith(database) && !/-(shm|lock|lock-journal)$/.test(name);

const HTTP = [...'HTTP/1.1 '].map((letter) => `\\x${letter.charCodeAt(0).toString(16)}`).join('');

const replyIn = (args: string): DiskEvent | undefined => {
  if (!args.includes(`"${HTTP}`)) return undefined;
  const text = stringsOf(args).join('');
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
  const [, requestId] = /\r\nx-request-id: (\S+)/i.exec(text) ?? [];
  return requestId === undefined ? undefined : { kind: 'reply', status: Number(status), requestId };
};

const stringsOf = (args: string): string[] =>
  (args.match(/"[^"]*"/g) ?? []).map((s) => fromHex(s.slice(1, -1)));

/** The path of the descriptor that is the first argument. */
const descriptorOf = (args: string): string => (/^\d+</.test(args) ? pathIn(args) : '');

const pathIn = (text: string): string => {
  const [, path = ''] = /<([^>]*)>/.exec(text) ?? [];
  return fromHex(path);
};

/** Strings are hex throughout, the path of a socket or a pipe may be partly so. */
const fromHex = (text: string): string => (text.startsWith('\\x') ? bytesOf(text).toString('latin1') : text);

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll('\\x', ''), 'hex');

const lastNumberOf = (args: string): number => Number(args.slice(args.lastIndexOf(',') + 1));
