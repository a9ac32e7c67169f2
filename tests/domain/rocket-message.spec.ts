import fc from 'fast-check';
import { sameReport, type RocketReport } from '../../src/domain/rocket-message.js';
import { anyReport, exploded, faster, launched, missionChanged, slower } from '../support/messages.js';
import { runs } from '../support/thorough.js';

const copy = (report: RocketReport): RocketReport => structuredClone(report);

describe('two reports', () => {
  const reports = [
    launched(500, 'Falcon-9', 'ARTEMIS'),
    faster(10),
    slower(10),
    missionChanged('X'),
    exploded('Y'),
  ];

  it.each(reports)('say the same when a $type is repeated', (report) => {
    expect(sameReport(report, copy(report))).toBe(true);
  });

  it('never say the same when their types differ, whatever their payload', () => {
    for (const a of reports) for (const b of reports) expect(sameReport(a, b)).toBe(a === b);
  });

  it.each([
    ['the type of rocket', launched(500, 'Soyuz', 'ARTEMIS')],
    ['the launch speed', launched(501, 'Falcon-9', 'ARTEMIS')],
    ['the mission', launched(500, 'Falcon-9', 'GEMINI')],
  ])('differ when %s of a launch differs', (_field, other) => {
    expect(sameReport(launched(500, 'Falcon-9', 'ARTEMIS'), other)).toBe(false);
  });

  it.each([
    [faster(10), faster(11)],
    [slower(10), slower(11)],
    [missionChanged('X'), missionChanged('x')],
    [exploded('X'), exploded('X ')],
  ])('differ when the payload of %j differs', (a, b) => {
    expect(sameReport(a, b)).toBe(false);
  });

  it('say the same exactly when type and payload are equal, in either order', () => {
    fc.assert(
      fc.property(anyReport, anyReport, (a, b) => {
        const equal = JSON.stringify(a) === JSON.stringify(b);
        expect(sameReport(a, b)).toBe(equal);
        expect(sameReport(b, a)).toBe(equal);
        expect(sameReport(a, copy(a))).toBe(true);
      }),
      { numRuns: runs(200, 2000) },
    );
  });
});
