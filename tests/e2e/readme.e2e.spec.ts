import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startProcess, type RealProcess } from '../support/real-process.js';

const run = promisify(execFile);
const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');

/** Every command of a ```sh block of the README that uses curl, and the ```json block that follows it, if one does. */
const examples = [...readme.matchAll(/```sh\n([^`]*\bcurl\b[^`]*)```\n+(?:```json\n([^`]*)```)?/g)].flatMap(
  ([, block = '', expected]) =>
    block
      .trim()
      .split(/\n(?=curl|timeout)/)
      .map((command) => ({ command, expected: expected?.trim() })),
);

describe('the examples of the README, from top to bottom', () => {
  let service: RealProcess;
  beforeAll(async () => {
    service = await startProcess();
  });
  afterAll(() => service.end());

  it('are there', () => expect(examples.length).toBeGreaterThanOrEqual(8));

  it.each(examples)('$command', async ({ command, expected }) => {
    const local = command.replaceAll('localhost:8088', `127.0.0.1:${service.port}`);
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', local], { timeout: 20_000 }).catch(
      (error: { killed?: boolean; stdout: string }) => error,
    );
    expect(stdout).not.toBe('');
    if (expected !== undefined)
      expect(likeness(JSON.parse(stdout), JSON.parse(expected))).toEqual(JSON.parse(expected));
  });
});

/** What was answered, with "…" wherever the README writes it: values that differ from run to run. */
const likeness = (actual: unknown, expected: unknown): unknown => {
  if (expected === '…' && actual !== undefined) return '…';
  if (Array.isArray(actual) && Array.isArray(expected))
    return actual.map((value, i) => likeness(value, expected[i]));
  if (!isRecord(actual) || !isRecord(expected)) return actual;
  return Object.fromEntries(
    Object.entries(actual).map(([name, value]) => [name, likeness(value, expected[name])]),
  );
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
