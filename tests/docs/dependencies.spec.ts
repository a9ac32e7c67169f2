import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = (name: string): string => readFileSync(join(__dirname, '../..', name), 'utf8');

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const { dependencies, optionalDependencies, devDependencies } = JSON.parse(text('package.json')) as Package;
const lock = JSON.parse(text('package-lock.json')) as {
  packages: Record<string, { resolved?: string; integrity?: string }>;
};

/** The packages named in each table, under its heading. */
const tables = text('docs/dependencies.md')
  .split(/^## /m)
  .slice(1)
  .map((part) =>
    [...part.matchAll(/^\| `([^`]+)` +\| *([^|]*\S) *\|$/gm)].map(([, name, why]) => ({ name, why })),
  );

describe('the dependencies', () => {
  it('are each written down with a reason, and none that is not there', () => {
    const [running = [], optional = [], bundled = [], building = []] = tables.map((rows) =>
      rows.map(({ name }) => name),
    );
    expect(running).toEqual(Object.keys(dependencies));
    expect(optional).toEqual(Object.keys(optionalDependencies));
    expect([...bundled, ...building].sort()).toEqual(Object.keys(devDependencies));
  });

  it('have exact versions', () => {
    const versions = Object.values({ ...dependencies, ...optionalDependencies, ...devDependencies });
    expect(
      versions.filter((version) => !/^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+(-beta\.\d+)?$/.test(version)),
    ).toEqual([]);
  });

  it('come from the usual registry, and are what they were', () => {
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(
      packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
  });
});
