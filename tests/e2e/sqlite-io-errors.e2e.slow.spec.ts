import { FailingDisk } from '../support/failing-disk.js';

const SPELLS = 3;
const PATTERNS = 20;

let disk: FailingDisk;
beforeEach(() => {
  disk = new FailingDisk();
});
afterEach(() => disk.remove());

describe('a service on SQLite whose disk', () => {
  it(
    `turns read-only ${SPELLS} times acknowledges nothing, goes on answering, and writes again when it can`,
    () => disk.turnReadOnly(SPELLS),
    120_000,
  );

  it.each(Array.from({ length: PATTERNS }, (_, seed) => seed))(
    'fails now and then believes nothing: pattern %d',
    (seed) => disk.failNowAndThen(seed),
    60_000,
  );
});
