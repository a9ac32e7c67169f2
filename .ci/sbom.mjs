// Prints everything that is delivered, as CycloneDX. `npm sbom --omit dev` alone leaves out whatever a tool of development
// needs as well (npm 11), and does not know that the dashboard's bundle contains three packages.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bundled = ['@preact/signals', 'preact', 'uplot'];

const { devDependencies, ...delivered } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const name of bundled) delivered.dependencies[name] = devDependencies[name];

const folder = mkdtempSync(join(tmpdir(), 'rockets-'));
const npm = (...args) => execFileSync('npm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
try {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(delivered));
  for (const name of ['package-lock.json', '.npmrc']) cpSync(name, join(folder, name));
  // Takes out of the lock file what nothing needs any more; every version stays.
  npm('install', '--package-lock-only', '--ignore-scripts', '--prefer-offline', '--loglevel=error');
  const bom = JSON.parse(
    npm('sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'),
  );
  bom.metadata.component.name = delivered.name;
  process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
