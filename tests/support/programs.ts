import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folders = (process.env['PATH'] ?? '')
  .split(':')
  .concat('/usr/sbin', '/usr/local/sbin', '/usr/local/bin');

/** A program that npm cannot bring; without it no test passes, and says what to install. */
export const programOf = (name: string, debian: string): string => {
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name} is not installed: apt-get install ${debian}`);
  return found;
};

/** What PyPI has for the files of `deploy/`: in the folder that `DEPLOY_TOOLS` names, or on the PATH. */
export const deployTool = (name: string): string => {
  const given = process.env['DEPLOY_TOOLS'] ?? '';
  const found = (given === '' ? folders : [given])
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error(
    `${name} is not installed: let DEPLOY_TOOLS name the bin of a venv made by .ci/deploy-tools`,
  );
};
