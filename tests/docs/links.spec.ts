import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

/** Without what stands in fences: a comment of a shell is no heading. */
const prose = (markdown: string): string => markdown.replace(/^ *```[^]*?^ *```$/gm, '');

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replace(/ /g, '-');

const anchorsIn = (page: string): readonly string[] => {
  const times = new Map<string, number>();
  return [...prose(read(page)).matchAll(/^#+ (.+)$|<a id="([^"]+)">/gm)].map(([, heading, id]) => {
    if (id !== undefined) return id;
    const anchor = anchorOf(heading!);
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
};

it.each(pages)('the links of %s lead somewhere', (page) => {
  const links = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? page : relative(root, join(root, dirname(page), path));
    if (file.startsWith('..') || !existsSync(join(root, file))) return true;
    return anchor !== undefined && file.endsWith('.md') && !anchorsIn(file).includes(anchor);
  });
  expect(broken).toEqual([]);
});

const folders = ['.ci', 'deploy', 'docs', 'examples', 'src', 'tests', 'web'];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
);

/** Also as `tests/deploy/prometheus-*.slow.spec.ts`, `src/` and, when it is a test, by its name alone. */
const isThere = (name: string): boolean => {
  const path = name.replace(/\/$/, '').split('*').map(quoted);
  const wanted = new RegExp(`^${name.includes('/') ? '' : '.*/'}${path.join('[^/]*')}$`);
  return folders.includes(name.replace(/\/$/, '')) || files.some((file) => wanted.test(file));
};

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

it.each(pages)('the files that %s names are there', (page) => {
  const ours = new RegExp(`^(?:(?:${folders.map(quoted).join('|')})/[\\w./*-]*|[\\w.-]+\\.spec\\.ts)$`);
  const named = [...read(page).matchAll(/`([^`\s]+)`/g)].flatMap(([, name]) =>
    ours.test(name!) ? [name!] : [],
  );
  expect(named.filter((name) => !isThere(name))).toEqual([]);
});

it.each(pages)('the targets of make that %s names are there', (page) => {
  const makefile = read('Makefile');
  const named = [...read(page).matchAll(/(?:`|^ *)make ([a-z][\w-]*)/gm)].map(([, target]) => target!);
  expect(named.filter((target) => !new RegExp(`^${target}:`, 'm').test(makefile))).toEqual([]);
});
