import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '../../deploy/prometheus');

/** A file beside the rules, as it is delivered. */
export const delivered = (name: string): string => readFileSync(join(folder, name), 'utf8');

export interface AlertRule {
  readonly name: string;
  /** Everything that stands of it in the file. */
  readonly text: string;
}

export const alertRules = (text = delivered('rules.yml')): readonly AlertRule[] =>
  text
    .split(/^ {6}- (?=alert:|record:)/m)
    .slice(1)
    .flatMap((rule) => {
      const [, name] = /^alert: (\w+)$/m.exec(rule) ?? [];
      return name === undefined ? [] : [{ name, text: rule }];
    });

/**
 * The same settings or rules in a time that goes sixty times as fast, so that nobody waits for an hour: whatever is written
 * in minutes or hours (`5m`, `[1h]`) or multiplied by sixty (`30 * 60`) is a second for each minute.
 */
export const sixtyTimesAsFast = (text: string): string =>
  text
    .replace(/\b(\d+)h\b/g, (_, hours: string) => `${Number(hours) * 60}s`)
    .replace(/\b(\d+)m\b/g, '$1s')
    .replace(/\b([\d.]+) \* 60\b/g, '$1');

/** The settings with what is a comment in them, as where there is AUTH and somebody who tells people. */
export const settingsInFull = (): string =>
  delivered('prometheus.yml').replace(
    /^( *)# (?=authorization:| +credentials_file:|alerting:| +alertmanagers:| +- static_configs:| +- targets:)/gm,
    '$1',
  );
