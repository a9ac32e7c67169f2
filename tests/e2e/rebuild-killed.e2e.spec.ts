import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killRebuilds } from '../support/killed-rebuilds.js';

const directory = mkdtempSync(join(tmpdir(), 'rockets-rebuild-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('a rebuild killed half-way leaves the file whole, and a finished one changes no byte', () =>
  killRebuilds(join(directory, 'rockets.db'), { rockets: 6, messages: 400 }, 1));
