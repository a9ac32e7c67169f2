import fc from 'fast-check';
import type { RefusalRule, RocketEvent } from '../../src/domain/rocket-event.js';
import { reportOf } from '../../src/domain/rocket-event.js';
import type { RocketReport } from '../../src/domain/rocket-message.js';
import {
  decide,
  evolve,
  initialRocket,
  initialState,
  record,
  replay,
  type Rocket,
} from '../../src/domain/rocket.js';
import { skipped } from '../support/builders.js';
import {
  anyHistory,
  exploded,
  faster,
  launched,
  message,
  missionChanged,
  slower,
  timeOf,
} from '../support/messages.js';

const max = Number.MAX_SAFE_INTEGER;

/** Decides the reports one after the other, as the numbers 1, 2, 3 …; `skipped` stands for a skipped number. */
const history = (given: readonly (RocketReport | 'skipped')[]): RocketEvent[] => {
  const events: RocketEvent[] = [];
  let rocket = initialRocket;
  given.forEach((step, i) => {
    const event: RocketEvent =
      step === 'skipped'
        ? skipped(i + 1, i + 1, { time: timeOf(i + 1) })
        : decide(message(i + 1, step), rocket);
    events.push(event);
    rocket = evolve(rocket, event);
  });
  return events;
};

const given = (...steps: (RocketReport | 'skipped')[]) => ({
  when: (report: RocketReport) => {
    const before = replay(history(steps));
    const number = steps.length + 1;
    const event = decide(message(number, report), before);
    const after = evolve(before, event);
    return {
      then: (expected: Partial<Extract<Rocket, { status: 'exploded' }>> | Partial<Rocket>) => {
        expect(event).toEqual({ ...report, time: timeOf(number) });
        expect(after).toMatchObject(expected);
      },
      thenRefused: (rule: RefusalRule) => {
        expect(event).toEqual({
          type: 'MessageRefused',
          data: { rule, message: report },
          time: timeOf(number),
        });
        expect(after).toEqual(before);
      },
    };
  },
});

const everyReport: RocketReport[] = [launched(), faster(1), slower(0), missionChanged('GEMINI'), exploded()];
const notLaunches = everyReport.slice(1);

describe('a rocket awaiting launch', () => {
  it('takes type, speed, mission and time of launch from its launch', () => {
    given()
      .when(launched(500, 'Falcon-9', 'ARTEMIS'))
      .then({
        status: 'flying',
        complete: true,
        type: 'Falcon-9',
        speed: 500,
        speedChange: null,
        mission: 'ARTEMIS',
        launchedAt: timeOf(1),
      });
  });

  it('may launch at speed 0 and at the highest exact speed', () => {
    given().when(launched(0)).then({ speed: 0 });
    given().when(launched(max)).then({ speed: max });
  });

  it.each(notLaunches)('refuses a $type: not launched', (report) => {
    given().when(report).thenRefused('not-launched');
  });

  it('launches after messages that were refused', () => {
    given(faster(10), exploded()).when(launched(500)).then({ status: 'flying', speed: 500, complete: true });
  });
});

describe('a flying rocket', () => {
  it('refuses a second launch', () => {
    given(launched())
      .when(launched(1, 'Soyuz', 'GEMINI'))
      .thenRefused('already-launched');
  });

  it('refuses the very same launch under another number', () => {
    given(launched()).when(launched()).thenRefused('already-launched');
  });

  it('speeds up and slows down exactly', () => {
    given(launched(500)).when(faster(3000)).then({ status: 'flying', speed: 3500 });
    given(launched(500), faster(3000)).when(slower(2500)).then({ speed: 1000 });
  });

  it('takes a change by nothing', () => {
    given(launched(500)).when(faster(0)).then({ speed: 500 });
    given(launched(500)).when(slower(0)).then({ speed: 500 });
  });

  it('slows down to a stand, and not further', () => {
    given(launched(500)).when(slower(500)).then({ speed: 0 });
    given(launched(500)).when(slower(501)).thenRefused('speed-below-zero');
    given(launched(0)).when(slower(1)).thenRefused('speed-below-zero');
  });

  it('speeds up to 2^53-1, and not further', () => {
    given(launched(max - 1))
      .when(faster(1))
      .then({ speed: max });
    given(launched(max)).when(faster(1)).thenRefused('speed-out-of-range');
    given(launched(max)).when(faster(max)).thenRefused('speed-out-of-range');
  });

  it('changes its mission and nothing else', () => {
    given(launched(500, 'Falcon-9', 'ARTEMIS'))
      .when(missionChanged('SHUTTLE_MIR'))
      .then({
        status: 'flying',
        mission: 'SHUTTLE_MIR',
        speed: 500,
        type: 'Falcon-9',
        launchedAt: timeOf(1),
      });
  });

  it('goes on after a refused message as if it had not been sent', () => {
    given(launched(500), slower(501), launched()).when(faster(1)).then({ speed: 501 });
  });
});

describe('an exploding rocket', () => {
  it('keeps its last speed and mission beside reason and time', () => {
    given(launched(500, 'Falcon-9', 'ARTEMIS'), faster(100), missionChanged('GEMINI'))
      .when(exploded('BOOM'))
      .then({
        status: 'exploded',
        reason: 'BOOM',
        explodedAt: timeOf(4),
        speed: 600,
        mission: 'GEMINI',
        type: 'Falcon-9',
        launchedAt: timeOf(1),
      });
  });

  it.each(everyReport)('refuses a $type afterwards: it has exploded', (report) => {
    given(launched(), exploded()).when(report).thenRefused('rocket-exploded');
  });
});

describe('a rocket with a skipped range', () => {
  it('flies with nothing known of it when the launch lies in the range', () => {
    expect(replay(history(['skipped']))).toEqual({
      status: 'flying',
      complete: false,
      type: null,
      mission: null,
      launchedAt: null,
      speed: null,
      speedChange: 0,
    });
  });

  it('sums the changes it reports, below zero too, and never calls that a speed', () => {
    const unheard = { status: 'flying', speed: null, complete: false } as const;
    given('skipped')
      .when(slower(40))
      .then({ ...unheard, speedChange: -40 });
    given('skipped', slower(40))
      .when(faster(50))
      .then({ ...unheard, speedChange: 10 });
    given('skipped', faster(3), 'skipped')
      .when(faster(4))
      .then({ ...unheard, speedChange: 7 });
    given('skipped', slower(40))
      .when(missionChanged('MIR'))
      .then({ ...unheard, mission: 'MIR', type: null, speedChange: -40 });
    given('skipped', slower(40))
      .when(exploded('BOOM'))
      .then({ ...unheard, status: 'exploded', reason: 'BOOM', speedChange: -40 });
  });

  it('has a speed where its launch was heard: the sum of what was, below zero too', () => {
    given(launched(500), 'skipped').when(slower(501)).then({ speed: -1, speedChange: null, complete: false });
    given(launched(500), 'skipped', slower(501)).when(faster(2)).then({ speed: 1, speedChange: null });
  });

  it.each([
    ['a speed', [launched(0), 'skipped'] as const],
    ['a change', ['skipped'] as const],
  ])('keeps its figure exact in both directions: %s', (_figure, steps) => {
    given(...steps, slower(max))
      .when(slower(1))
      .thenRefused('speed-out-of-range');
    given(...steps, faster(max))
      .when(faster(1))
      .thenRefused('speed-out-of-range');
    given(...steps, slower(max))
      .when(faster(max))
      .then({ status: 'flying', complete: false });
  });

  it('keeps what was known and is never complete again', () => {
    given(launched(500, 'Falcon-9', 'ARTEMIS'), 'skipped')
      .when(faster(1))
      .then({ complete: false, type: 'Falcon-9', mission: 'ARTEMIS', speed: 501 });
    given(launched(), 'skipped').when(exploded()).then({ status: 'exploded', complete: false });
    given(launched(), 'skipped', missionChanged('A')).when(missionChanged('B')).then({ complete: false });
  });

  it('is incomplete also when it had exploded before', () => {
    const after = replay(history([launched(500), exploded('BOOM'), 'skipped']));
    expect(after).toMatchObject({ status: 'exploded', reason: 'BOOM', speed: 500, complete: false });
  });

  it('takes the launch it never heard of when it comes after all, once', () => {
    given('skipped')
      .when(launched(700, 'Soyuz', 'MIR'))
      .then({
        status: 'flying',
        complete: false,
        type: 'Soyuz',
        mission: 'MIR',
        speed: 700,
        speedChange: null,
        launchedAt: timeOf(2),
      });
    given('skipped', faster(50))
      .when(launched(700))
      .then({ speed: 700, speedChange: null, launchedAt: timeOf(3) });
    given('skipped', launched(700)).when(faster(1)).then({ speed: 701, speedChange: null, complete: false });
    given('skipped', launched()).when(launched()).thenRefused('already-launched');
    given(launched(), 'skipped').when(launched()).thenRefused('already-launched');
  });
});

describe('the state of a rocket', () => {
  const fold = (...steps: (RocketReport | 'skipped')[]) =>
    history(steps).reduce((state, event, i) => record(state, i + 1, event), initialState);

  it('is that of nothing heard at first', () => {
    expect(initialState).toEqual({ version: 0, rocket: initialRocket, updatedAt: null });
  });

  it('has the number and the time of its last event', () => {
    expect(fold(launched(), faster(1))).toEqual({
      version: 2,
      rocket: replay(history([launched(), faster(1)])),
      updatedAt: timeOf(2),
    });
    const range = skipped(3, 9, { time: timeOf(10) });
    expect(record(fold(launched()), 9, range)).toMatchObject({ version: 9, updatedAt: timeOf(10) });
  });

  it('counts a refused message, which does not update the rocket', () => {
    expect(fold(launched(), launched())).toMatchObject({ version: 2, updatedAt: timeOf(1) });
    expect(fold(faster(1))).toEqual({ version: 1, rocket: initialRocket, updatedAt: null });
  });
});

describe('any history', () => {
  it('leaves one event per message, with what was reported, also where it was refused', () => {
    fc.assert(
      fc.property(anyHistory, (reports) => {
        const events = history(reports);
        expect(events.map((event) => event.time)).toEqual(reports.map((_, i) => timeOf(i + 1)));
        events.forEach((event, i) => expect(reportOf(event)).toMatchObject(reports[i]!));
      }),
    );
  });

  it('keeps a complete rocket within 0 and 2^53-1', () => {
    fc.assert(
      fc.property(anyHistory, (reports) => {
        let rocket = initialRocket;
        for (const event of history(reports)) {
          rocket = evolve(rocket, event);
          if (rocket.status === 'awaiting-launch') continue;
          expect(rocket.speedChange).toBeNull();
          expect(Number.isSafeInteger(rocket.speed)).toBe(true);
          expect(rocket.speed).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('knows a speed or a sum of changes of every launched rocket, and never both, whatever is skipped', () => {
    const withSkips = anyHistory.chain((reports) => {
      const { length } = reports;
      return fc
        .array(fc.nat(4), { minLength: length, maxLength: length })
        .map((chances) => reports.map((report, i) => (chances[i] === 0 ? 'skipped' : report)));
    });
    fc.assert(
      fc.property(withSkips, (steps) => {
        const events = history(steps);
        let rocket = initialRocket;
        for (const event of events) {
          rocket = evolve(rocket, event);
          if (rocket.status === 'awaiting-launch') continue;
          const { speed, speedChange, launchedAt } = rocket;
          expect([speed === null, speedChange === null]).toEqual([launchedAt === null, launchedAt !== null]);
          expect(Number.isSafeInteger(speed ?? speedChange)).toBe(true);
        }
        expect(rocket.complete).toBe(!steps.includes('skipped'));
      }),
    );
  });

  it('folds to the same rocket from the start and from any version in between', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(), (reports, at) => {
        const events = history(reports);
        const middle = events.length === 0 ? 0 : at % events.length;
        expect(replay(events.slice(middle), replay(events.slice(0, middle)))).toEqual(replay(events));
      }),
    );
  });

  it('is not altered by deciding or folding', () => {
    fc.assert(
      fc.property(anyHistory, (reports) => {
        const events = history(reports);
        const before = structuredClone({ reports, events });
        replay(events);
        history(reports);
        expect({ reports, events }).toEqual(before);
      }),
    );
  });

  it('can be folded in any order without an error: the rules are asked only once', () => {
    fc.assert(
      fc.property(
        anyHistory.chain((reports) => fc.shuffledSubarray(history(reports), { minLength: reports.length })),
        (events) => {
          expect(['awaiting-launch', 'flying', 'exploded']).toContain(replay(events).status);
        },
      ),
    );
  });

  it('explodes at most once and launches at most once', () => {
    fc.assert(
      fc.property(anyHistory, (reports) => {
        const types = history(reports).map(({ type }) => type);
        for (const once of ['RocketLaunched', 'RocketExploded'] as const) {
          expect(types.filter((type) => type === once).length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
