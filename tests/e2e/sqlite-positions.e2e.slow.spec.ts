import { expectAnotherHistory, putBacks, ReaderOfFiles } from '../support/put-back-files.js';

let reader: ReaderOfFiles;
beforeEach(() => {
  reader = new ReaderOfFiles();
});
afterEach(() => reader.remove());

it.each(putBacks)('a position from before is refused, and a reader begins anew: $how', async (putBack) => {
  await expectAnotherHistory(reader, putBack);
});
