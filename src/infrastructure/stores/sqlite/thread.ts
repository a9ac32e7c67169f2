import { parentPort, workerData } from 'node:worker_threads';
import type { Statement } from '../relational/subscription-statements.js';
import type { Cell } from '../relational/rows.js';
import { checkSteps } from './checking.js';
import { closeDatabase, openForReading, rowReader, type DatabaseOptions } from './database.js';
import type { HeadQuery } from './head-reader.js';
import { asStoreError } from './sqlite-errors.js';
import type { Call, Reply, Role } from './sql-thread.js';
import { WriteHost } from './write-host.js';
import type { WriteOrder } from './writer.js';

/** Runs in a worker thread and does what the main thread asks for, one call after the other. */
const { role, options } = workerData as { role: Role; options: DatabaseOptions };

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

const reading = (): Methods => {
  const database = openForReading(options.file);
  return {
    all: rowReader(database),
    close: () => closeDatabase(database),
  };
};

const writing = (): Methods => {
  const host = new WriteHost(options, 4000);
  return {
    write: (order: WriteOrder) => host.write(order),
    putMinutes: (rows: readonly Cell[][], before: number) => host.putMinutes(rows, before),
    run: (orders: readonly (readonly Statement[])[]) => host.run(orders),
    heads: (queries: readonly HeadQuery[]) => host.heads(queries),
    close: () => host.close(),
  };
};

const checking = (): Methods => {
  const database = openForReading(options.file);
  const steps = checkSteps(database);
  return {
    /** Answers whether there is more to check. */
    check: () => steps.next().done !== true,
    close: () => closeDatabase(database),
  };
};

const start = (): { methods: Methods } | { failure: Error } => {
  try {
    return { methods: { reads: reading, writes: writing, checks: checking }[role]() };
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
  parentPort!.postMessage(answer(call));
  if (call.method === 'close') parentPort!.close();
});
