import {
  faster,
  changeOn,
  headOf,
  launched,
  received,
  skipped,
  slower,
  noonMillis,
  write,
} from '../support/builders.js';
import {
  foldOf,
  initialHead,
  instants,
  plainHead,
  storeForEach,
  writeAgain,
  type OpenStore,
} from './open-store.js';

export const commitContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);
  const history = (channel: string) => opened.now.store.read(channel, { limit: 1000 });

  it('writes the events of a change, in order, and the state they lead to', async () => {
    const { store } = opened.now;
    const events = [launched(), faster(10), slower(5)];
    await write(store, 'a', { events, recordedAt: noonMillis + 7 });
    const stored = await history('a');
    expect(stored.map(({ number, event }) => ({ number, event }))).toEqual(
      events.map((event, i) => ({ number: i + 1, event })),
    );
    expect(stored.map(({ channel, recordedAt }) => [channel, recordedAt])).toEqual(
      events.map(() => ['a', noonMillis + 7]),
    );
    const { state, revision } = await headOf(store, 'a');
    expect(instants(state)).toEqual(foldOf(stored));
    expect(revision).toBe(1);
  });

  it('counts each change in the revision, whether it has events or not', async () => {
    const { store } = opened.now;
    await write(store, 'a', { added: [received('a', 3)] });
    await write(store, 'a', { events: [launched(), faster()], added: [received('a', 5)] });
    await write(store, 'a', { events: [faster(), skipped(4, 4)], released: [3] });
    await write(store, 'a', { late: [received('a', 4)] });
    expect((await headOf(store, 'a')).revision).toBe(4);
  });

  it('writes many channels at once and keeps them apart', async () => {
    const { store } = opened.now;
    const heads = await store.load(['a', 'b', 'c'].map((channel) => ({ channel, numbers: [] })));
    const moved = await store.commit(
      heads.map((head, i) => changeOn(head, { events: [launched(), ...Array(i).fill(faster(i + 1))] })),
    );
    expect(moved).toEqual([]);
    for (const [i, channel] of ['a', 'b', 'c'].entries()) {
      const stored = await history(channel);
      expect(stored).toHaveLength(i + 1);
      expect(stored.every((event) => event.channel === channel)).toBe(true);
      expect(instants((await headOf(store, channel)).state)).toEqual(foldOf(stored));
    }
  });

  it('writes several changes of one channel at once, each on what the one before it left', async () => {
    const { store, directory } = opened.now;
    const head = await headOf(store, 'a');
    const first = changeOn(head, { events: [launched()], added: [received('a', 4)] });
    const second = changeOn({ ...head, revision: 1, state: first.state }, { events: [faster(2)] });
    const stale = changeOn({ ...head, revision: 1, state: first.state }, { events: [faster(9)] });
    const third = changeOn(
      { ...head, revision: 2, state: second.state },
      { events: [faster(3), faster()], released: [4] },
    );
    const moved = await store.commit([first, second, stale, third]);
    expect(moved.map(({ channel, revision }) => [channel, revision])).toEqual([['a', 3]]);
    const stored = await history('a');
    expect(stored.map(({ number, event }) => [number, event])).toEqual([
      [1, launched()],
      [2, faster(2)],
      [3, faster(3)],
      [4, faster()],
    ]);
    expect(await headOf(store, 'a')).toMatchObject({ revision: 3, state: { version: 4 } });
    expect(await directory.totals()).toMatchObject({ rockets: 1, events: 4, waiting: 0, gaps: 0 });
  });

  it.each([
    ['stale', -1],
    ['future', 1],
  ])('does not write a change of a %s revision', async (_, by) => {
    const { store, directory } = opened.now;
    await write(store, 'a', { events: [launched()], added: [received('a', 5)] });
    const head = await headOf(store, 'a');
    const change = changeOn(
      { ...head, revision: head.revision + by },
      { events: [faster()], added: [received('a', 7)], late: [received('a', 1)], numbers: [1, 2, 5, 7] },
    );
    const moved = await store.commit([change]);
    expect(moved).toHaveLength(1);
    expect(plainHead(moved[0]!)).toEqual(plainHead(await headOf(store, 'a', [1, 2, 5, 7])));
    expect(await history('a')).toHaveLength(1);
    expect((await headOf(store, 'a')).waiting.size).toBe(1);
    expect(await directory.totals()).toMatchObject({ events: 1, waiting: 1, late: 0 });
  });

  it('answers the initial head when a channel never heard of is said to have moved', async () => {
    const { store, directory } = opened.now;
    const moved = await store.commit([
      changeOn({ ...(await headOf(store, 'a')), revision: 3 }, { events: [launched()] }),
    ]);
    expect(moved.map(plainHead)).toEqual([initialHead('a')]);
    expect(await directory.find('a')).toBeUndefined();
  });

  it('writes what has not moved beside what has', async () => {
    const { store } = opened.now;
    const [a, b] = await store.load([
      { channel: 'a', numbers: [] },
      { channel: 'b', numbers: [] },
    ]);
    await write(store, 'a', { events: [launched()] });
    const moved = await store.commit([
      changeOn(a!, { events: [faster()] }),
      changeOn(b!, { events: [launched(), faster()] }),
    ]);
    expect(moved.map(({ channel, state }) => [channel, state.version])).toEqual([['a', 1]]);
    expect((await headOf(store, 'b')).state.version).toBe(2);
  });

  it('lets one of two concurrent changes win, and tells the other the fresh head', async () => {
    const { store } = opened.now;
    const head = await headOf(store, 'a');
    const change = changeOn(head, { events: [launched()], numbers: [1] });
    const other = changeOn(head, { events: [launched('2026-10-01T12:00:01Z')], numbers: [1] });
    const answers = await Promise.all([store.commit([change]), store.commit([other])]);
    expect(answers.map((moved) => moved.length).sort()).toEqual([0, 1]);
    const stored = await history('a');
    expect(stored).toHaveLength(1);
    const [fresh] = answers.flat();
    expect(instants(fresh!.state)).toEqual(foldOf(stored));
    expect(fresh!.recorded.get(1)).toEqual(stored[0]!.event);
  });

  it('loses nothing of many concurrent commits', async () => {
    const { store, directory } = opened.now;
    const channels = Array.from({ length: 40 }, (_, i) => `r${i}`);
    const heads = await store.load(channels.map((channel) => ({ channel, numbers: [] })));
    await Promise.all(
      heads.map((head) => store.commit([changeOn(head, { events: [launched(), faster()] })])),
    );
    const { events } = await store.readAll({ limit: 1000 });
    expect(events).toHaveLength(80);
    expect(new Set(events.map(({ position }) => position)).size).toBe(80);
    expect(await directory.totals()).toMatchObject({ rockets: 40, events: 80 });
  });

  it('never records a number twice, and leaves the channel as it was', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), faster()] });
    const head = await headOf(store, 'a');
    const behind = { ...head, state: { ...head.state, version: 1 } };
    const change = changeOn(behind, { events: [faster(1), faster(2)], added: [received('a', 9)] });
    await expect(store.commit([change])).rejects.toThrow();
    expect(plainHead(await headOf(store, 'a'))).toEqual(plainHead(head));
    expect(await history('a')).toHaveLength(2);
    await writeAgain(store, 'a', { events: [faster(3)] });
    expect((await headOf(store, 'a')).state.version).toBe(3);
    expect((await history('a')).map(({ number }) => number)).toEqual([1, 2, 3]);
  });
};
