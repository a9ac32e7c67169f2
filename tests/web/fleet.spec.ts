import { Fleet } from '../../web/model/fleet.js';
import { event, faster, launch, refused, rocket } from './builders.js';

const gap = { channel: 'a', from: 2, to: 3, since: '2026-10-01T10:00:00.000Z', waiting: 4 };

describe('the fleet in the browser', () => {
  it('folds live events by the rules of the service', () => {
    const fleet = new Fleet();
    fleet.apply(launch());
    fleet.apply(faster(2, 250));
    fleet.apply(event(3, { type: 'RocketMissionChanged', data: { newMission: 'GEMINI' } }));
    expect(fleet.row('a')).toMatchObject({
      status: 'flying',
      speed: 750,
      mission: 'GEMINI',
      version: 3,
      waiting: 0,
    });
  });

  it('goes on from what the service answered', () => {
    const fleet = new Fleet();
    fleet.load([rocket({ version: 7, highestHeard: 7, speed: 100 })], []);
    fleet.apply(faster(8, 50));
    expect(fleet.row('a')).toMatchObject({ speed: 150, version: 8, launchedAt: '2026-10-01T10:00:00Z' });
  });

  it('ignores events it knows already', () => {
    const fleet = new Fleet();
    fleet.load([rocket({ version: 7, speed: 100 })], []);
    expect(fleet.apply(faster(7, 50))).toBe(true);
    expect(fleet.row('a')).toMatchObject({ speed: 100, version: 7 });
  });

  it('never guesses past events it has not seen', () => {
    const fleet = new Fleet();
    fleet.load([rocket({ version: 7, speed: 100 })], []);
    expect(fleet.apply(faster(9, 50))).toBe(false);
    expect(fleet.row('a')).toMatchObject({ speed: 100, version: 7 });
  });

  it('takes a skipped range as one step and marks the rocket incomplete', () => {
    const fleet = new Fleet();
    fleet.load([rocket({ version: 1 })], [gap]);
    expect(
      fleet.apply(event(3, { type: 'MessagesSkipped', data: { from: 2, to: 3, by: { who: 'operator' } } })),
    ).toBe(true);
    expect(fleet.row('a')).toMatchObject({ version: 3, complete: false });
  });

  it('counts a refused message without changing the rocket or its last report', () => {
    const fleet = new Fleet();
    fleet.load([rocket({ version: 1, speed: 500 })], []);
    fleet.apply({ ...refused(2), time: '2026-10-01T11:00:00Z' });
    expect(fleet.row('a')).toMatchObject({ version: 2, speed: 500, updatedAt: '2026-10-01T10:00:00Z' });
  });

  it('keeps the last speed and mission of an exploded rocket', () => {
    const fleet = new Fleet();
    fleet.apply(launch());
    fleet.apply(event(2, { type: 'RocketExploded', data: { reason: 'PRESSURE' } }));
    fleet.apply(refused(3));
    expect(fleet.row('a')).toMatchObject({ status: 'exploded', reason: 'PRESSURE', speed: 500, version: 3 });
  });

  it('never shows a difference as a speed where no launch was heard', () => {
    const fleet = new Fleet();
    fleet.apply(event(3, { type: 'MessagesSkipped', data: { from: 1, to: 3, by: { who: 'timeout' } } }));
    fleet.apply(faster(4, 250));
    expect(fleet.row('a')).toMatchObject({
      status: 'flying',
      speed: null,
      speedChange: 250,
      complete: false,
    });
    fleet.apply(event(5, { type: 'RocketLaunched', data: { type: 'X', launchSpeed: 500, mission: 'M' } }));
    expect(fleet.row('a')).toMatchObject({ speed: 500, speedChange: null });
  });

  it('lists a rocket of which nothing but waiting messages arrived', () => {
    const fleet = new Fleet();
    fleet.setGaps('a', [{ ...gap, from: 1, to: 4, waiting: 1 }]);
    expect(fleet.row('a')).toMatchObject({
      status: 'awaiting-launch',
      version: 0,
      highestHeard: 5,
      waiting: 1,
    });
    expect(fleet.hasGap('a')).toBe(true);
  });

  it('knows what waits from the gaps, and that nothing does without any', () => {
    const fleet = new Fleet();
    fleet.load([rocket({ version: 1, late: 2 })], [gap, { ...gap, from: 8, to: 9, waiting: 2 }]);
    expect(fleet.row('a')).toMatchObject({ version: 1, highestHeard: 11, waiting: 6, late: 2 });
    fleet.setGaps('a', [{ ...gap, from: 3 }]);
    expect(fleet.gapsOf('a')).toMatchObject([{ from: 3, to: 3 }]);
    expect(fleet.row('a')).toMatchObject({ highestHeard: 7, waiting: 4 });
    fleet.setGaps('a', []);
    expect(fleet.hasGap('a')).toBe(false);
    expect(fleet.row('a')).toMatchObject({ version: 1, highestHeard: 1, waiting: 0 });
  });

  it('forgets the gaps that are not among all there are', () => {
    const fleet = new Fleet();
    fleet.load([rocket(), rocket({ channel: 'b' })], [gap]);
    fleet.loadGaps([{ ...gap, channel: 'b' }]);
    expect([fleet.hasGap('a'), fleet.hasGap('b')]).toEqual([false, true]);
    expect(fleet.gapsByRocket()).toHaveLength(1);
  });

  it('does not let a late answer undo what the feed told', () => {
    const fleet = new Fleet();
    fleet.load([rocket({ version: 1 })], []);
    fleet.apply(faster(2, 10));
    fleet.put(rocket({ version: 1, speed: 1 }));
    expect(fleet.row('a')).toMatchObject({ version: 2, speed: 510 });
  });
});
