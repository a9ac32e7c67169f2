import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Starts a program of the benchmarks, which says when it is ready. */
export const startProcess = async (file: string, ...args: string[]): Promise<ChildProcess> => {
  const child = fork(join(__dirname, file), args, {
    execArgv: ['--max-semi-space-size=64'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
};

export const ask = async <T>(child: ChildProcess, question: object | string): Promise<T> => {
  child.send(question);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
};
