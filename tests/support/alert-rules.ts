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
 * The same rules in a time that goes so many times as fast, so that nobody waits for an hour: it holds for whatever is said in
 * minutes or hours (`5m`, `[1h]`), or in seconds as a multiple of sixty (`30 * 60`).
 */
export const timesAsFast = (text: string, times: number): string => {
  const milliseconds = (minutes: number): string => `${Math.round((minutes * 60_000) / times)}ms`;
  return text
    .replace(/\b(\d+)h\b/g, (_, hours: string) => milliseconds(Number(hours) * 60))
    .replace(/\b(\d+)m\b/g, (_, minutes: string) => milliseconds(Number(minutes)))
    .replace(/ \* 60\b/g, ` * ${60 / times}`);
};

/** The settings with what is a comment in them, as where there is AUTH and somebody who tells people. */
export const settingsInFull = (): string =>
  delivered('prometheus.yml').replace(
    /^( *)# (?=authorization:| +credentials_file:|alerting:| +alertmanagers:| +- static_configs:| +- targets:)/gm,
    '$1',
  );

/** What no drill makes fire, and why. */
export const notDrilled: Readonly<Record<string, string>> = {};
