import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fleet } from './producers.js';
import { startProcess } from './real-process.js';

/** Whether strace is there to look at a process; says so when it is not. */
export const canTrace = (): boolean => {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('NOT PROVEN HERE: fsync before each reply. strace is not installed.');
    return false;
  }
};

/** How many of so many replies left before an fsync that followed on the writing of their message. */
export const repliesBeforeSync = async (messages: number): Promise<{ replies: number; tooEarly: number }> => {
  const directory = mkdtempSync(join(tmpdir(), 'rockets-trace-'));
  const env = { EVENT_STORE: 'sqlite', SQLITE_FILE: join(directory, 'rockets.db'), LOG_LEVEL: 'silent' };
  const service = await startProcess(env);
  try {
    return await tracing(service.child.pid, join(directory, 'trace'), async () => {
      // One message at a time, so that it is certain which writing belongs to which reply.
      const fleet = new Fleet(1, 4, 0);
      await fleet.fly(service.port, () => fleet.acknowledged >= messages);
      await service.end('SIGTERM');
    });
  } finally {
    await service.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
};

const tracing = async (pid: number | undefined, file: string, work: () => Promise<void>) => {
  const calls = 'trace=pwrite64,fsync,fdatasync,write,writev';
  const tracer = spawn('strace', ['-f', '-y', '-s', '16', '-e', calls, '-o', file, '-p', String(pid)]);
  const ended = once(tracer, 'exit');
  await once(tracer.stderr, 'data');
  await work();
  await ended;
  return repliesIn(readFileSync(file, 'utf8'));
};

/** Walks through the calls in the order they were made; a call may be begun on one line and ended on a later one. */
const repliesIn = (trace: string): { replies: number; tooEarly: number } => {
  const syncing = new Set<string>();
  let written = false;
  let synced = false;
  let replies = 0;
  let tooEarly = 0;
  for (const line of trace.split('\n')) {
    const [thread = ''] = line.split(' ', 1);
    if (line.includes('pwrite64(') && line.includes('.db-wal>')) {
      written = true;
      synced = false;
    } else if (/f(data)?sync\(\d+<[^>]*\.db-wal>/.test(line)) {
      if (line.endsWith('<unfinished ...>')) syncing.add(thread);
      else synced ||= written;
    } else if (/<\.\.\. f(data)?sync resumed>/.test(line) && syncing.delete(thread)) {
      synced ||= written;
    } else if (/writev?\(\d+<.*"HTTP\/1\.1 202/.test(line)) {
      replies++;
      if (!synced) tooEarly++;
      written = false;
      synced = false;
    }
  }
  return { replies, tooEarly };
};
