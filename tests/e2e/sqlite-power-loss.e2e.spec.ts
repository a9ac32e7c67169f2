import { DATABASE, Flown } from '../support/power-loss/flown.js';
import { repliesToOneWrite } from '../support/power-loss/moments.js';
import { powerLossOfLiar } from '../support/power-loss/power-loss.js';
import { LOG } from '../support/power-loss/flown.js';

const LOSSES = 10;

const flown = new Flown('full', 1, 1);
beforeAll(() => flown.fly());
afterAll(() => flown.remove());

describe('a service on SQLite whose power fails', () => {
  it('has everything it acknowledged, nothing else, and every state right', async () => {
    let judged = 0;
    for (const loss of flown.losses(LOSSES)) await flown.judge(loss, judged++, loss.known);
    expect(judged).toBe(LOSSES);
  });

  it('would be seen to have lost something, had the disk only said that it was safe', async () => {
    const { from, to } = repliesToOneWrite(flown.events, DATABASE).at(-1)!;
    const { events, traffic } = flown;
    const lied = (event: (typeof events)[number], i: number) =>
      i > from && 'name' in event && event.name === LOG;
    const { image, known } = powerLossOfLiar(events.slice(0, to + 1), lied, traffic);
    expect((await flown.complaintsAbout(image, known)).join('\n')).toMatch(/^rocket-\d+: \d+ is lost$/);
  });
});
