import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './real-process.js';

const UP_MS = 30_000;

/** The shell outlives this process, and Ctrl-C, just long enough to end the server. */
const guard = 'trap "" HUP INT TERM; "$0" "$@" & server=$!; read _; kill -KILL $server; wait $server';

/** Why none can run here, or undefined. */
export const missingPrometheus = (): string | undefined =>
  spawnSync('prometheus', ['--version']).status === 0
    ? undefined
    : 'no Prometheus: `prometheus` can’t be run. On Debian: apt-get install prometheus';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** NaN where a quotient has nothing to divide by. */
  readonly value: number;
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>> & { readonly alertname: string };
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  /** Since when what it looks for is so. */
  readonly activeAt: string;
  readonly value: string;
}

/** A real Prometheus with its data in a folder of its own, on a port that was free. It ends when this process does. */
export class Prometheus {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly ended: Promise<unknown>,
    private readonly folder: string,
  ) {}

  /**
   * `settings` is what stands in prometheus.yml, as its text or as an object (JSON is YAML). `files` lie beside it, by their
   * names: `rule_files` names them so.
   */
  static async start(
    settings: string | object,
    files: Readonly<Record<string, string>> = {},
    within = tmpdir(),
  ): Promise<Prometheus> {
    const missing = missingPrometheus();
    if (missing !== undefined) throw new Error(missing);
    const folder = mkdtempSync(join(within, 'rockets-prometheus-'));
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, typeof settings === 'string' ? settings : JSON.stringify(settings));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const port = await freePort();
    const args = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`];
    const listen = [`--web.listen-address=127.0.0.1:${port}`, '--web.enable-lifecycle', '--log.level=warn'];
    const child = spawn('/bin/sh', ['-c', guard, 'prometheus', ...args, ...listen], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
    child.stdin.on('error', () => undefined);
    const ended = once(child, 'exit');
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, child, ended, folder);
    for (const began = Date.now(); !(await prometheus.isReady()); await delay(50)) {
      if (Date.now() - began < UP_MS && !said.includes('Error loading config')) continue;
      await prometheus.stop();
      throw new Error(`no Prometheus: ${said || `not ready in ${UP_MS / 1000} s`}`);
    }
    return prometheus;
  }

  /** What an expression says now: a sample a series. A scalar is one without labels. */
  async query(expression: string): Promise<readonly Sample[]> {
    const { resultType, result } = await this.ask<{
      resultType: string;
      result: readonly { metric: Record<string, string>; value: readonly [number, string] }[];
    }>(`query?query=${encodeURIComponent(expression)}`);
    if (resultType === 'scalar') return [{ labels: {}, value: Number((result as unknown as string[])[1]) }];
    if (resultType !== 'vector') throw new Error(`${expression} says a ${resultType}`);
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** Those that are pending or firing now. */
  async alerts(): Promise<readonly Alert[]> {
    return (await this.ask<{ alerts: readonly Alert[] }>('alerts')).alerts;
  }

  /** Anything else of its API, by the path below /api/v1/. */
  async ask<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${path}`);
    const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string };
    if (status !== 'success') throw new Error(`Prometheus refuses ${decodeURIComponent(path)}: ${error}`);
    return data;
  }

  async stop(): Promise<void> {
    this.process.stdin!.end('\n');
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private isReady(): Promise<boolean> {
    return fetch(`${this.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
