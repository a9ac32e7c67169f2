import { execFileSync, spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
/** Room for the files of a commit. */
const MOST = { maxBuffer: 256 * 1024 * 1024 };

const git = (...args: readonly string[]): Buffer => execFileSync('git', args, { cwd: root, ...MOST });

const commitBefore = (path: string): string => {
  const why = 'so what went before cannot be built: this test needs a clone with its history';
  if (git('rev-parse', '--is-shallow-repository').toString().trim() !== 'false') {
    throw new Error(`The history is cut off, ${why} (git fetch --unshallow).`);
  }
  const first = git('log', '--format=%H', '--diff-filter=A', '--', path).toString().trim().split('\n').at(-1);
  if (first === undefined || first === '') throw new Error(`No commit has added ${path}, ${why}.`);
  return `${first}~1`;
};

/** Builds, in an empty folder, what there was before the path; answers its program. */
export const buildBefore = (path: string, folder: string): string => {
  const unpacked = spawnSync('tar', ['x', '-C', folder], { input: git('archive', commitBefore(path)) });
  if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.stderr.toString()}`);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const options = { cwd: folder, stdio: 'pipe' as const };
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], options);
  execFileSync(process.execPath, ['web/build.mjs'], options);
  return join(folder, 'dist/main.js');
};
