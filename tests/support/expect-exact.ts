import { verifyFile } from '../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { exportFile } from '../../src/infrastructure/stores/sqlite/upkeep/transfer.js';
import type { Fleet } from './producers.js';

export { expectExact } from './expect-rockets.js';

/** Nothing acknowledged is missing from the file, nothing stands there twice, and the file is whole. */
export const expectStored = async (file: string, fleet: Fleet): Promise<void> => {
  expect((await verifyFile(file)).damages).toEqual([]);
  const stored = new Map<string, Set<number>>();
  for await (const line of exportFile(file)) {
    if (line.kind !== 'event' && line.kind !== 'waiting') continue;
    if (line.type === 'MessagesSkipped') throw new Error('nothing was skipped');
    const { channel, number } = line;
    const numbers = stored.get(channel) ?? new Set<number>();
    if (numbers.has(number)) throw new Error(`twice: ${channel} ${number}`);
    stored.set(channel, numbers.add(number));
  }
  const lost = fleet.producers.flatMap(({ channel, acknowledged }) =>
    [...acknowledged]
      .filter((number) => stored.get(channel)?.has(number) !== true)
      .map((n) => `${channel} ${n}`),
  );
  expect(lost).toEqual([]);
};
