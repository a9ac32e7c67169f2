import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertRules, delivered, settingsInFull } from '../support/alert-rules.js';
import { describeWithPrometheus } from '../support/describe-with-prometheus.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-rules-'));
  cpSync(join(__dirname, '../../deploy/prometheus'), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Debian's `prometheus` brings it. */
const promtool = (...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> =>
  new Promise((resolve) => {
    execFile('promtool', args, { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
  });

describeWithPrometheus('promtool', () => {
  it('takes the rules', async () => {
    const { code, said } = await promtool('check', 'rules', '--lint=all', '--lint-fatal', 'rules.yml');
    expect([code, said]).toEqual([0, expect.stringMatching(/SUCCESS: \d+ rules found/)]);
  });

  it('takes the settings, and with a key for AUTH and somebody to tell as well', async () => {
    expect(await promtool('check', 'config', '--lint=all', '--lint-fatal', 'prometheus.yml')).toMatchObject({
      code: 0,
    });
    writeFileSync(join(folder, 'prometheus.yml'), settingsInFull());
    expect((await promtool('check', 'config', 'prometheus.yml')).said).toContain('rockets.key');
    writeFileSync(join(folder, 'rockets.key'), 'rk_');
    expect(await promtool('check', 'config', 'prometheus.yml')).toMatchObject({ code: 0 });
  });

  it('finds that each alert fires for made figures, says what it is to say, and ends', async () => {
    const { code, said } = await promtool('test', 'rules', 'rules.test.yml');
    expect([code, said]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  it.each([
    ['never fires', 'vector(0) > 1'],
    ['always fires', 'vector(1)'],
  ])('would find any alert that %s', async (_what, expression) => {
    // In one line, whatever stood there.
    const spoilt = delivered('rules.yml').replace(
      /^( {8}expr: )(>-\n( {10}.*\n)+|.*\n)/gm,
      `$1${expression}\n`,
    );
    writeFileSync(join(folder, 'rules.yml'), spoilt);
    const { code, said } = await promtool('test', 'rules', 'rules.test.yml');
    expect(code).not.toBe(0);
    const found = new Set([...said.matchAll(/alertname: (\w+), time/g)].map(([, name]) => name));
    expect([...found]).toEqual(alertRules().map(({ name }) => name));
  });
});
