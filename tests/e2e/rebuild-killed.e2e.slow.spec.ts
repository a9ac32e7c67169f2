import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killRebuilds } from '../support/killed-rebuilds.js';

const directory = mkdtempSync(join(tmpdir(), 'rockets-rebuild-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const KILLS = 20;

it(
  `a rebuild killed half-way ${KILLS} times leaves the file whole, and a finished one changes no byte`,
  () => killRebuilds(join(directory, 'rockets.db'), { rockets: 40, messages: 2000 }, KILLS),
  360_000,
);
