import { rmSync } from 'node:fs';
import { byTheBook, byTheFolder, expectAnotherHistory, ReaderOfFiles } from '../support/put-back-files.js';

let reader: ReaderOfFiles;
beforeEach(() => {
  reader = new ReaderOfFiles();
});
afterEach(() => reader.remove());

describe('a position in the feed of a service on SQLite', () => {
  it('stays good over stops, crashes and a rebuild', async () => {
    await reader.start();
    await reader.post(3);
    await reader.readToTheEnd();
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await reader.end(signal);
      if (signal === 'SIGTERM') reader.command('rebuild');
      reader.command('verify');
      await reader.start();
      expect(await reader.comesBack()).toEqual({ status: 200, events: 0 });
      await reader.post(2);
      expect(await reader.comesBack()).toEqual({ status: 200, events: 2 });
      await reader.readToTheEnd();
      expect(reader.log).toBe('');
    }
  });

  it.each([byTheBook, byTheFolder])('is refused after a file was put back: $how', async (putBack) => {
    await expectAnotherHistory(reader, putBack);
  });
});

it('a log that is gone after a crash is told, and what the file holds is served', async () => {
  await reader.start();
  await reader.post(3);
  await reader.end('SIGKILL');
  rmSync(`${reader.file}-wal`);
  await reader.start();
  expect(reader.log).toMatch(/warn .*was not closed in order, and its log \(-wal\) is gone/);
  await reader.post(1);
});
