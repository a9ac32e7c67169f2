import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Fault {
  /** Names of system calls, as strace knows them. */
  readonly calls: readonly string[];
  /** What they answer without doing anything; left out, they do what they should. */
  readonly error?: 'EIO' | 'EROFS';
  /** What they take longer. */
  readonly delayMs?: number;
  /** Which of them fail, as strace counts them for each thread: `5+9` is the fifth and every ninth after it; all when left out. */
  readonly when?: string;
}

export interface FailingCalls {
  /** The calls work again; resolves with how many of them had failed, or taken longer. */
  readonly end: () => Promise<number>;
}

/**
 * Makes system calls of a running process on one SQLite file, and on the two files beside it, fail as a broken disk
 * makes them fail: the kernel does nothing and answers the error. Or makes them take longer, as a slow disk does.
 */
export const failCalls = async (
  pid: number | undefined,
  file: string,
  faults: readonly Fault[],
): Promise<FailingCalls> => {
  const directory = mkdtempSync(join(tmpdir(), 'rockets-trace-'));
  const output = join(directory, 'trace');
  const paths = [file, `${file}-wal`, `${file}-shm`].flatMap((path) => ['-P', path]);
  const rules = faults.flatMap(({ calls, error, delayMs, when }) => {
    const effects = [
      ...(error === undefined ? [] : [`error=${error}`]),
      ...(delayMs === undefined ? [] : [`delay_enter=${delayMs * 1000}`]),
      ...(when === undefined ? [] : [`when=${when}`]),
    ];
    return ['-e', `inject=${[calls.join(','), ...effects].join(':')}`];
  });
  const only = `trace=${faults.flatMap(({ calls }) => calls).join(',')}`;
  const args = ['-f', '-s', '0', '-o', output, '-e', only, ...rules, ...paths, '-p', String(pid)];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  tracer.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const failed = once(tracer, 'exit')
    .then(
      () => (existsSync(output) ? failuresIn(readFileSync(output, 'utf8')) : 0),
      (error: unknown) => {
        throw new Error('strace is needed here and did not start', { cause: error });
      },
    )
    .finally(() => rmSync(directory, { recursive: true }));
  while (!/ attached/.test(said)) {
    const hasEnded = await Promise.race([
      failed.then(() => true),
      once(tracer.stderr, 'data').then(() => false),
    ]);
    if (hasEnded) throw new Error(`strace is needed here and could not attach: ${said}`);
  }
  return {
    end: () => {
      tracer.kill('SIGINT');
      return failed;
    },
  };
};

const failuresIn = (trace: string): number => trace.match(/\((INJECTED|DELAYED)\)/g)?.length ?? 0;
