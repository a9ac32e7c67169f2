import { buildSync } from 'esbuild';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** The worker thread as it stands in the sources now; one file for each test process. */
export const threadFile = join(root, 'build/threads', `sqlite-${process.pid}.js`);

buildSync({
  entryPoints: [join(root, 'src/infrastructure/stores/sqlite/thread.ts')],
  outfile: threadFile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
