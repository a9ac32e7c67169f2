import { FailingDisk } from '../support/failing-disk.js';

let disk: FailingDisk;
beforeEach(() => {
  disk = new FailingDisk();
});
afterEach(() => disk.remove());

describe('a service on SQLite whose disk', () => {
  it('turns read-only acknowledges nothing, goes on answering, and writes again when it can', () =>
    disk.turnReadOnly(1));

  it('is read-only refuses to start, in one sentence that says why', () => disk.startReadOnly());

  it('fails now and then believes nothing', () => disk.failNowAndThen(3));
});
