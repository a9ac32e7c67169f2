import { buildSync } from 'esbuild';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'rockets-thread-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The worker thread as it stands in the sources now. */
export const threadFile = join(folder, 'sqlite.js');

buildSync({
  entryPoints: [join(root, 'src/infrastructure/stores/sqlite/thread.ts')],
  outfile: threadFile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
// From there it has to find its packages.
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
