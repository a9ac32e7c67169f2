import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { jsonOf } from '../../src/infrastructure/kafka/kafka-queue.js';
import { Positions } from '../../src/infrastructure/stores/postgres/events.js';
import { eventText } from '../../src/infrastructure/http/views.js';
import { LANES } from '../../src/application/ingest/lanes.js';
import { messageOf, wireOf } from '../bench/traffic.js';
import { reckon, reckoned } from '../support/reckoning.js';

const text = (name: string): string => readFileSync(join(__dirname, '../..', name), 'utf8');
const page = text('docs/scaling.md');
const benchmarks = text('docs/benchmarks.md').split(/^## /m);
const benches = [...text('tests/bench/run.ts').matchAll(/^ {2}'?([a-z-]+)'?: \w+Bench,$/gm)].map(
  ([, name]) => name!,
);

/** The rows of the table that has this head, as their cells. */
const table = (head: string): string[][] => {
  const lines = page.split('\n');
  const at = lines.findIndex((line) => cellsOf(line).join(' | ') === head);
  if (at === -1) throw new Error(`no table is headed: ${head}`);
  const rows = lines.slice(at + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf);
};

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const unquoted = (cell: string): string => cell.replaceAll('`', '');
const numberIn = (cell: string): number => Number(/[\d,.]*\d/.exec(cell)![0].replaceAll(',', ''));

const figures = table('Name | Figure | Of what | From').map(([name = '', figure = '', , from = '']) => ({
  name: unquoted(name),
  figure,
  value: numberIn(figure),
  from,
}));

/** A rocket's first thousand messages: the launch, changes of speed, some of its mission. */
const messages = Array.from({ length: 1000 }, (_, i) => messageOf(7, i + 1));
const meanOf = (bytes: (message: (typeof messages)[number]) => number): number =>
  Math.round(messages.reduce((sum, message) => sum + bytes(message), 0) / messages.length);
const config = readConfig({}, false);

const fromTheCode: Readonly<Record<string, number>> = {
  line: meanOf((message) => wireOf(message).length + 1),
  record: meanOf((message) => jsonOf(message).length + message.channel.length),
  told: meanOf(({ channel, number, time, report }) => {
    const position = new Positions('1a2b3c4d').at({ xid: 123_456_789, position: 123 });
    const event = eventText({ position, channel, number, event: { ...report, time }, recordedAt: 0 });
    return `id: ${position}\ndata: ${event}\n\n`.length;
  }),
  pool: config.databaseConnections + 2,
  sockets: config.maxConnections,
  readers: config.maxReaders,
  workers: config.workerCount,
};

/** The rows as they have to be: a fleet's column follows from what is given in it. */
const reckonedRows = (rows: readonly string[][]): string[][] => {
  const fleets = rows[0]!.length - 4;
  const named = Array.from(
    { length: fleets },
    () => new Map(figures.map(({ name, value }) => [name, value])),
  );
  return rows.map(([what = '', name = '', how = '', unit = '', ...cells]) => {
    const isGiven = how === 'given';
    const values = named.map((known, fleet) =>
      isGiven ? numberIn(cells[fleet]!) : reckon(unquoted(how), known),
    );
    named.forEach((known, fleet) => known.set(unquoted(name), values[fleet]!));
    return [what, name, how, unit, ...(isGiven ? cells : values.map((value) => reckoned(value, unit)))];
  });
};

describe('docs/scaling.md', () => {
  it('has no figure that nothing gives', () => {
    const sources = /^(`make bench ARGS=[a-z-]+`|the code|assumed)$/;
    expect(figures.filter(({ from }) => !sources.test(from))).toEqual([]);
    expect(figures.length).toBeGreaterThan(15);
  });

  it('takes what is measured from docs/benchmarks.md, and names the command that measures it', () => {
    for (const { figure, name, from } of figures) {
      const [, bench] = /ARGS=([a-z-]+)/.exec(from) ?? [];
      if (bench === undefined) continue;
      expect(benches).toContain(bench);
      const section = benchmarks.find(
        (part) => part.includes(`\`${bench}\``) || part.includes(`ARGS=${bench}\``),
      );
      const shown = new RegExp(
        `(?<![\\d.,])${/[\d,.]*\d/.exec(figure)![0].replace('.', '\\.')}(?![\\d,]|\\.\\d)`,
      );
      expect({ name, stands: shown.test(section ?? '') }).toEqual({ name, stands: true });
    }
  });

  it('takes what the code says from there', () => {
    const said = figures.filter(({ from }) => from === 'the code').map(({ name, value }) => [name, value]);
    expect(Object.fromEntries(said)).toEqual(fromTheCode);
  });

  it('reckons right', () => {
    const heads = page.split('\n').filter((line) => /^\| What +\| Name +\| How +\|/.test(line));
    const tables = heads.map((head) => table(cellsOf(head).join(' | ')));
    expect(tables.map((rows) => rows.length > 2)).toEqual([true, true]);
    for (const rows of tables) expect(rows).toEqual(reckonedRows(rows));
    const formulas = tables.flat().map(([, , how = '']) => ` ${how.replace(/[^a-z-]+/g, ' ')} `);
    const idle = figures.filter(({ name }) => !formulas.some((formula) => formula.includes(` ${name} `)));
    expect(idle.map(({ name }) => name)).toEqual([]);
  });

  it('says right how many lanes a commit takes', () => {
    const rows = table(`Rockets in a commit | Lanes that it takes, of ${LANES}`);
    const taken = rows.map(([rockets = '']) => LANES * (1 - (1 - 1 / LANES) ** numberIn(rockets)));
    expect(rows.map(([, lanes]) => lanes)).toEqual(taken.map((lanes) => lanes.toFixed(0)));
    expect(rows.length).toBeGreaterThan(3);
  });

  it('tells the balance that docs/benchmarks.md has', () => {
    const rows = table('Fleet of 10⁷ | 64 lanes | 3 instances | 12 instances | 12 partitions | 48 | 200');
    const measured = text('docs/benchmarks.md')
      .split('\n')
      .map(cellsOf)
      .map(([, fleet, ...cells]) => [fleet, ...cells.flatMap((cell) => cell.split('; '))].join());
    expect(rows.filter((row) => !measured.includes(row.join()))).toEqual([]);
    expect(rows.length).toBe(4);
  });

  it('names metrics, settings and commands that there are', () => {
    const metrics = text('docs/metrics.md');
    const asked = [...page.matchAll(/\b(?:rockets|process|nodejs)_[a-z_]+/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, ''),
    );
    expect(asked.filter((name) => !metrics.includes(`\`${name}\``))).toEqual([]);
    expect(new Set(asked).size).toBeGreaterThan(8);
    const settings = text('docs/operating.md') + text('docs/kafka.md');
    // The only one that is Node's own.
    const set = [...page.matchAll(/`([A-Z][A-Z_]{3,})[=`]/g)].map(([, name]) => name!);
    expect(set.filter((name) => name !== 'NODE_OPTIONS' && !settings.includes(`\`${name}`))).toEqual([]);
    const named = [...page.matchAll(/make bench ARGS=([a-z-]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !benches.includes(name))).toEqual([]);
  });
});

describe('docs/benchmarks.md', () => {
  it('names no benchmark that there is not', () => {
    const rows = [...benchmarks.join('').matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, name]) => name!);
    const commands = [...benchmarks.join('').matchAll(/make bench ARGS=([a-z-]+)/g)].map(([, name]) => name!);
    expect(rows.length).toBeGreaterThan(20);
    expect([...rows, ...commands].filter((name) => !benches.includes(name))).toEqual([]);
  });
});
