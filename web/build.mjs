// Bundles the dashboard into dist/web: two scripts, one style sheet, one page; asset names carry their content's hash.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const wireLimit = 150 * 1024;
const source = import.meta.dirname;
const target = join(source, '..', 'dist', 'web');

await rm(target, { recursive: true, force: true });
await mkdir(join(target, 'assets'), { recursive: true });

const { metafile } = await build({
  absWorkingDir: source,
  entryPoints: ['main.tsx', 'first-paint.ts', 'styles/main.css'],
  outdir: join(target, 'assets'),
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16'],
  legalComments: 'none',
  metafile: true,
  tsconfig: join(source, 'tsconfig.json'),
});

const files = Object.entries(metafile.outputs).map(([file, { entryPoint }]) => [entryPoint, basename(file)]);
const icon = await readFile(join(source, 'favicon.svg'));
const iconName = `favicon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
await writeFile(join(target, 'assets', iconName), icon);

let page = await readFile(join(source, 'index.html'), 'utf8');
for (const [entry, name] of [...files, ['favicon.svg', iconName]]) {
  const link = `./${entry}`;
  if (!page.includes(`"${link}"`)) throw new Error(`index.html does not refer to ${link}`);
  page = page.replaceAll(`"${link}"`, `"/assets/${name}"`);
}
await writeFile(join(target, 'index.html'), page);

let total = 0;
for (const name of [
  'index.html',
  ...[...files.map(([, name]) => name), iconName].map((name) => `assets/${name}`),
]) {
  const bytes = await readFile(join(target, name));
  const wire = gzipSync(bytes, { level: 9 }).length;
  total += wire;
  console.log(`${name.padEnd(34)} ${kib(bytes.length)}, gzipped ${kib(wire)}`);
}
console.log(`${'over the wire'.padEnd(34)} ${kib(total)} of ${kib(wireLimit)}`);
if (total > wireLimit) throw new Error('the dashboard is too large');

function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
