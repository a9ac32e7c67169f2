import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** The last flags keep it from looking for hosts of its own. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchChromium = (...more: readonly string[]): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...flags, ...more] });

/** A group of tests in a real browser. Without one the run says so; CI, which has to have one, fails. */
export const describeInBrowser = (name: string, tests: () => void): void => {
  if (existsSync(executablePath)) return describe(name, tests);
  return describe(name, () => {
    it('was not tested on this machine: Chromium is missing', () => {
      const how = `${name}: NOT tested, there is no Chromium at ${executablePath}. Install it (Debian: apt-get install chromium) or set CHROMIUM to its path, then run: npx jest --selectProjects slow`;
      if (process.env['CI'] === 'true') throw new Error(how);
      process.stderr.write(`\n${how}\n\n`);
    });
  });
};
