import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startProcess, type RealProcess } from '../real-process.js';
import { tracedCalls } from './disk-events.js';

export interface TracedService extends RealProcess {
  /** Ends it in order and resolves when the trace is whole. */
  readonly stop: () => Promise<void>;
}

/** Longer than anything a service writes at once. */
const ALL_BYTES = '2000000';

/** The built service on SQLite, with every change of a file and every reply written down, bytes and all. */
export const startTraced = async (
  file: string,
  trace: string,
  synchronous: 'full' | 'normal',
): Promise<TracedService> => {
  requireStrace();
  const env = {
    EVENT_STORE: 'sqlite',
    SQLITE_FILE: file,
    SQLITE_SYNCHRONOUS: synchronous,
    LOG_LEVEL: 'warn',
  };
  // -D: the tracer is the grandchild, so that signals and the exit code are the service's own.
  const strace = ['strace', '-D', '-f', '--seccomp-bpf', '-y', '-xx', '-s', ALL_BYTES];
  const calls = ['-e', `trace=${tracedCalls.join(',')}`, '-e', 'signal=none', '-o', trace];
  const service = await startProcess(env, [], [...strace, ...calls]);
  const stop = async (): Promise<void> => {
    const code = await service.end('SIGTERM');
    if (code !== 0) throw new Error(`the service ended with ${code}:\n${service.log()}`);
    await wholeTrace(trace, service.child.pid);
  };
  return { ...service, stop };
};

const requireStrace = (): void => {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch {
    throw new Error(
      'strace is missing: it shows what the service wrote and when it synced. Install it with `apt-get install strace`.',
    );
  }
};

const wholeTrace = async (trace: string, pid: number | undefined): Promise<void> => {
  const end = new RegExp(`^${pid} +\\+\\+\\+ exited with`, 'm');
  for (let attempt = 0; attempt < 500; attempt++) {
    if (end.test(tailOf(trace))) return;
    await delay(20);
  }
  throw new Error('strace did not come to the end of its trace');
};

const tailOf = (file: string): string => {
  const handle = openSync(file, 'r');
  try {
    const tail = Buffer.alloc(4096);
    const read = readSync(handle, tail, 0, tail.length, Math.max(0, fstatSync(handle).size - tail.length));
    return tail.toString('latin1', 0, read);
  } finally {
    closeSync(handle);
  }
};
