import fc from 'fast-check';
import { disturb, type Disorder, type Shipment } from '../../../src/cli/launch/disorder.js';
import { flights } from '../../../src/cli/launch/flight.js';
import { bodyOf, type SentMessage } from '../../../src/cli/launch/sent-message.js';
import { runs } from '../../support/thorough.js';

const messages = (count: number): SentMessage[] =>
  [...flights(1, 5, count)].map((report) => ({
    ...report,
    time: '2026-10-01T17:39:42.8989223+02:00',
    accepted: false,
  }));

const calm: Disorder = { shuffle: 0, duplicates: 0, loss: 0, malformed: 0 };
const numbered = (shipments: readonly Shipment[]): string[] =>
  shipments.map(({ message }) => `${message.channel} ${message.number}`);

describe('disorder', () => {
  it('is none when none is asked for', () => {
    const sent = messages(500);
    expect([...disturb(sent, calm, 444)].map(({ body }) => body)).toEqual(sent.map(bodyOf));
  });

  it('loses nothing and adds exactly the copies it names, whatever the mixture', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const disorders = fc.record({
      shuffle: fc.oneof(fc.nat({ max: 300 }), fc.constant(Infinity)),
      duplicates: share,
      loss: share,
      malformed: share,
    });
    fc.assert(
      fc.property(disorders, fc.nat(), fc.nat({ max: 400 }), (disorder, seed, count) => {
        const sent = messages(count);
        const shipments = [...disturb(sent, disorder, seed)];
        const originals = shipments.filter(({ kind }) => kind === 'message');
        expect(originals.map(({ body }) => body).sort()).toEqual(sent.map(bodyOf).sort());
        const copies = shipments.filter(({ kind }) => kind === 'duplicate');
        expect(new Set(numbered(copies)).size).toBe(copies.length);
        expect(copies.every(({ body, message }) => body === bodyOf(message))).toBe(true);
        const damaged = shipments.filter(({ kind }) => kind === 'malformed');
        expect(damaged.every(({ body, message }) => body !== bodyOf(message))).toBe(true);
        expect([...disturb(sent, disorder, seed)]).toEqual(shipments);
      }),
      { numRuns: runs(25, 100) },
    );
  });

  it('repeats about as many as asked for', () => {
    const copies = [...disturb(messages(10_000), { ...calm, duplicates: 0.2 }, 444)].filter(
      ({ kind }) => kind === 'duplicate',
    );
    expect(copies.length).toBeGreaterThan(1800);
    expect(copies.length).toBeLessThan(2200);
  });

  it('sends withheld messages last, in their order', () => {
    const sent = messages(1000);
    const order = [...disturb(sent, { ...calm, loss: 0.1 }, 444)].map(({ message }) => sent.indexOf(message));
    const turn = order.findIndex((place, index) => index > 0 && place < order[index - 1]!);
    const [prompt, withheld] = [order.slice(0, turn), order.slice(turn)];
    expect(prompt).toEqual(prompt.toSorted((a, b) => a - b));
    expect(withheld).toEqual(withheld.toSorted((a, b) => a - b));
    expect(withheld.length).toBeGreaterThan(50);
  });

  it('never draws a message before it is within the window', () => {
    const sent = messages(1000);
    const order = [...disturb(sent, { ...calm, shuffle: 10 }, 444)].map(({ message }) =>
      sent.indexOf(message),
    );
    expect(order.every((place, index) => place <= index + 10)).toBe(true);
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  });
});
