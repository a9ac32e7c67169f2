import { parentPort, workerData } from 'node:worker_threads';
import { openForReading, prepareFile, readMeta, type DatabaseOptions } from './database.js';
import { DirectoryReader } from './directory-reader.js';
import { EventReader } from './event-reader.js';
import { checkAtStart } from './integrity.js';
import { asStoreError } from './store-errors.js';
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
  return {
    storeId: () => storeId,
    write: (cells) => writer.write(cells),
    close: () => writer.close(),
  };
};

const reading = (): ReaderMethods => {
  const database = openForReading(options.file);
  const events = new EventReader(database);
  const directory = new DirectoryReader(database);
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
  return {
    heads: inOneState((queries) => events.heads(queries)),
    recorded: inOneState((queries) => queries.map((query) => events.recorded(query))),
    read: inOneState((channel, after, limit) => events.read(channel, after, limit)),
    readAll: inOneState((after, request) => events.readAll(after, request)),
    readAt: inOneState((position) => events.readAt(position)),
    lastPosition: () => events.lastPosition(),
    snapshot: inOneState((channel, bound) => events.snapshot(channel, bound)),
    unfinished: inOneState(() => events.unfinished()),
    find: (channel) => directory.find(channel),
    list: inOneState((query) => directory.list(query)),
    gaps: inOneState((query) => directory.gaps(query)),
    totals: inOneState(() => directory.totals()),
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
