import { SmallDisk } from '../support/full-disk.js';
import { canTrace, repliesBeforeSync } from '../support/syncs-before-replies.js';

const FILLS = 20;
const MESSAGES = 10_000;

const disk = SmallDisk.mount();
afterAll(() => disk?.unmount());

(disk === undefined ? it.skip : it)(
  `a full disk is never acknowledged, ${FILLS} times, and nobody has to restart anything`,
  () => disk!.fill(FILLS),
  240_000,
);

(canTrace() ? it : it.skip)(
  `each of ${MESSAGES} messages is answered only after an fsync that followed its writing`,
  async () => {
    const { replies, tooEarly } = await repliesBeforeSync(MESSAGES);
    expect(replies).toBeGreaterThanOrEqual(MESSAGES);
    expect(tooEarly).toBe(0);
  },
  360_000,
);
