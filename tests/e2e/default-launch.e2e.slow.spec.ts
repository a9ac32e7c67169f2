import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { keysOf, testKey } from '../support/api-keys.js';
import { startProcess } from '../support/real-process.js';

const program = join(__dirname, '../../dist/cli/rockets.js');
const key = testKey('launch');

const launch = (...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, 'launch', '--verify', ...args], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    );
  });

describe('the default run of the official program', () => {
  it.each([
    ['a service that asks nobody', {}, []],
    ['a service that asks for keys', { AUTH: 'keys', API_KEYS: keysOf([key]) }, ['--api-key', key.text]],
  ])('leaves %s with 20 of 20 rockets exact', async (_what, env, args) => {
    const service = await startProcess(env);
    const { code, text } = await launch(`${service.url}/messages`, ...args);
    await service.end();
    expect([code, text]).toEqual([0, expect.stringContaining('20 of 20')]);
    expect(text).toContain('100,000');
  });
});
