import fc from 'fast-check';
import type { RocketReport } from '../../../src/domain/rocket-message.js';
import { copying, flatCopy, ownMessage, ownState } from '../../../src/infrastructure/stores/own-copies.js';
import { changeOn, exploded, faster, headOf, launched, newMission, skipped } from '../../support/builders.js';
import { memoryStore } from '../../support/memory-store.js';
import { anyReport, message } from '../../support/messages.js';

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 }));

describe('a flat copy', () => {
  it('equals its original', () => {
    fc.assert(fc.property(anyText, (text) => expect(flatCopy(text)).toBe(text)));
  });

  it.each(['\ud83d'.repeat(20), 'ÿ'.repeat(64), 'Ā'.repeat(64), 'x'.repeat(65)])('equals %j', (text) => {
    expect(flatCopy(text)).toBe(text);
  });
});

describe('what a store keeps', () => {
  it('of a message equals what came', () => {
    fc.assert(
      fc.property(anyReport, (report: RocketReport) => {
        const one = { message: message(7, report), receivedAt: 5 };
        expect(ownMessage(one, copying)).toEqual(one);
      }),
    );
  });

  it('of a state equals what came, with texts of its own where the change brought any', async () => {
    const kept: string[] = [];
    const keeper = { keep: (text: string) => (kept.push(text), text) };
    const head = await headOf(memoryStore().store, 'a');
    const own = (...events: Parameters<typeof changeOn>[1]['events'] & object) => {
      kept.length = 0;
      const change = changeOn(head, { events });
      expect(ownState(change, keeper)).toEqual(change.state);
      return [...kept];
    };
    expect(own(launched(), newMission('MARS'), exploded('BOOM')).sort()).toEqual([
      'BOOM',
      'Falcon-9',
      'MARS',
    ]);
    expect(own(launched())).toEqual(['Falcon-9', 'ARTEMIS']);
    expect(own(faster())).toEqual([]);
    expect(own(skipped(1, 3), faster())).toEqual([]);
    expect(own(skipped(1, 3), newMission('MARS'))).toEqual(['MARS']);
  });
});
