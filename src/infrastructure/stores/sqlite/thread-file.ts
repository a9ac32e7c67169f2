import { join } from 'node:path';

/** What a worker thread loads: always compiled JavaScript, so tests that run from the sources put their own in place. */
export const threadFile = join(__dirname, 'thread.js');
