import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cached-folder.js';

const run = promisify(execFile);

const example = join(__dirname, '../../../examples/kafka-producer');
const requirements = join(example, 'requirements.txt');

/** Writes these lines to the topic with the program in `examples/kafka-producer`. */
export const produceByPython = async (
  bootstrap: string,
  topic: string,
  lines: readonly string[],
): Promise<void> => {
  const python = join(await environment(), 'bin/python');
  const args = [join(example, 'produce.py'), bootstrap, topic];
  const child = spawn(python, args, { stdio: ['pipe', 'inherit', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the producer ended with ${code}: ${said}`);
};

const environment = (): Promise<string> => {
  const packages = readFileSync(requirements, 'utf8').trim().replace('==', '-');
  return cachedFolder(packages, async (folder) => {
    const advice = 'On Debian: apt-get install python3-venv';
    await run('python3', ['-m', 'venv', folder]).catch((error: unknown) => {
      throw new Error(`no Python: \`python3 -m venv\` does not work here. ${advice}`, { cause: error });
    });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    await run(join(folder, 'bin/python'), install);
  });
};
