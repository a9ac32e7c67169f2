import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { delivered, settingsInFull, timesAsFast } from './alert-rules.js';
import { Prometheus, type Alert } from './prometheus.js';

/** On a busy machine everything takes its time. */
const PATIENCE_MS = 240_000;

/**
 * A real Prometheus with the rules and the settings as they are delivered, in a time that goes so many times as
 * fast, and finds the instances in a file, so that one can also vanish.
 */
export class AlertDrill {
  /** Whatever has fired, and when for the first time. */
  private readonly fired = new Set<string>();

  private constructor(
    private readonly prometheus: Prometheus,
    private readonly folder: string,
  ) {}

  /** `key` is what Prometheus shows where there is AUTH. */
  static async start(instances: readonly string[], times: number, key?: string): Promise<AlertDrill> {
    const folder = mkdtempSync(join(tmpdir(), 'rockets-drill-'));
    const settings = (
      key === undefined ? delivered('prometheus.yml') : settingsInFull().split('alerting:')[0]!
    )
      .replace(/: 15s$/gm, `: ${60 / times}s`)
      .replace(
        / static_configs:\n(.*\n)+? *- rockets-3:8088\n/,
        ` file_sd_configs:\n      - files: [${join(folder, 'instances.json')}]\n        refresh_interval: 1s\n`,
      );
    if (!settings.includes('file_sd_configs')) throw new Error('prometheus.yml has changed');
    nameInstances(folder, instances);
    const prometheus = await Prometheus.start(settings, {
      'rules.yml': timesAsFast(delivered('rules.yml'), times),
      ...(key !== undefined && { 'rockets.key': key }),
    });
    while ((await prometheus.query('sum(up)'))[0]?.value !== instances.length) await delay(100);
    return new AlertDrill(prometheus, folder);
  }

  /** What a service discovery says from now on. */
  finds(instances: readonly string[]): void {
    nameInstances(this.folder, instances);
  }

  /** Resolves when each of them has fired, not necessarily at once. */
  async untilFired(...names: readonly string[]): Promise<void> {
    const began = performance.now();
    const missing = (): string[] => names.filter((name) => !this.fired.has(name));
    for (; missing().length > 0; await delay(200)) {
      for (const { name, firing } of await this.alerts()) if (firing) this.fired.add(name);
      if (performance.now() - began > PATIENCE_MS)
        throw new Error(
          `did not fire: ${missing().join(', ')}. There are ${JSON.stringify(await this.prometheus.alerts())}`,
        );
    }
    report(`fired: ${names.join(', ')}`, began);
  }

  /** Resolves when nothing is firing any more: whatever has fired has ended. */
  async untilCalm(): Promise<void> {
    const began = performance.now();
    let last: readonly string[] = [];
    for (; ; await delay(200)) {
      const firing = (await this.alerts()).filter((one) => one.firing);
      if (firing.length === 0) break;
      last = firing.map(({ name }) => name);
      if (performance.now() - began > PATIENCE_MS)
        throw new Error(`does not end: ${firing.map(({ name, value }) => `${name} (${value})`).join(', ')}`);
    }
    report(['calm', ...last].join(', at last without '), began);
  }

  async stop(): Promise<void> {
    await this.prometheus.stop();
    rmSync(this.folder, { recursive: true });
  }

  private async alerts(): Promise<readonly { name: string; firing: boolean; value: string }[]> {
    const shown = ({ labels, state, value }: Alert) => ({
      name: labels.alertname,
      firing: state === 'firing',
      value,
    });
    return (await this.prometheus.alerts()).map(shown);
  }
}

const nameInstances = (folder: string, targets: readonly string[]): void =>
  writeFileSync(join(folder, 'instances.json'), JSON.stringify([{ targets }]));

const report = (what: string, began: number): void => {
  process.stdout.write(`drill: ${what} after ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
};
