import { SmallDisk } from '../support/full-disk.js';
import { canTrace, repliesBeforeSync } from '../support/syncs-before-replies.js';

const disk = SmallDisk.mount();
afterAll(() => disk?.unmount());

(disk === undefined ? it.skip : it)(
  'a full disk is never acknowledged, and nobody has to restart anything',
  () => disk!.fill(2),
);

(canTrace() ? it : it.skip)(
  'each message is answered only after an fsync that followed its writing',
  async () => {
    const { replies, tooEarly } = await repliesBeforeSync(300);
    expect(replies).toBeGreaterThanOrEqual(300);
    expect(tooEarly).toBe(0);
  },
);
