import { parentPort, workerData } from 'node:worker_threads';
import { openForReading, prepareFile, readMeta, type DatabaseOptions } from '../database.js';
import { checkAtStart } from '../integrity.js';
import { readersOf } from './readers.js';
import { asStoreError } from '../store-errors.js';
import type { Call, ReaderMethods, Reply, Role, WriterMethods } from './thread-protocol.js';
import { Writer } from './writer.js';

/** Runs in a worker thread and does what the main thread asks for, one call after the other. */
const { role, options } = workerData as { role: Role; options: DatabaseOptions };

const writing = (): WriterMethods => {
  prepareFile(options);
  const database = openForReading(options.file);
  const { storeId } = readMeta(database);
  checkAtStart(database);
  database.close();
  const writer = new Writer(options);
  writer.open();
  return {
    storeId: () => storeId,
    write: (group) => writer.write(group),
    heads: (queries, room) => writer.heads(queries, room),
    recorded: (queries) => writer.recorded(queries),
    foldChannels: (channels) => writer.foldChannels(channels),
    foldSome: (upTo) => writer.foldSome(upTo),
    ask: (question) => writer.ask(question),
    close: () => writer.close(),
  };
};

const reading = (): ReaderMethods => {
  const database = openForReading(options.file);
  // Each call sees one state of the file, whatever is committed meanwhile.
  const inOneState =
    <A extends unknown[], R>(read: (...args: A) => R) =>
    (...args: A): R => {
      database.exec('BEGIN');
      try {
        return read(...args);
      } finally {
        database.exec('COMMIT');
      }
    };
  const readers = readersOf(database);
  return {
    read: inOneState(readers.read),
    readAll: inOneState(readers.readAll),
    readAt: inOneState(readers.readAt),
    lastPosition: inOneState(readers.lastPosition),
    snapshot: inOneState(readers.snapshot),
    unfinished: inOneState(readers.unfinished),
    find: inOneState(readers.find),
    list: inOneState(readers.list),
    gaps: inOneState(readers.gaps),
    totals: inOneState(readers.totals),
    close: () => database.close(),
  };
};

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

const start = (): { methods: Methods } | { failure: Error } => {
  try {
    return { methods: { ...(role === 'writer' ? writing() : reading()) } };
  } catch (error) {
    return { failure: asStoreError(error) };
  }
};

const started = start();

const answer = ({ id, method, args }: Call): Reply => {
  try {
    if ('failure' in started) throw started.failure;
    return { id, result: started.methods[method]!(...(args as never[])) };
  } catch (error) {
    const { name, message } = asStoreError(error);
    return { id, error: { name, message } };
  }
};

parentPort!.on('message', (call: Call) => {
  const reply = answer(call);
  parentPort!.postMessage(reply);
  if (call.method === 'close') parentPort!.close();
});
