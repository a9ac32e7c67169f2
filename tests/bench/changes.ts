import type { Change } from '../../src/application/ports/event-store.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import { initialState, record, type RocketState } from '../../src/domain/rocket.js';
import { channelOf, messageOf } from './traffic.js';

/** Makes the changes of rockets that report in order, without a pipeline. */
export class Changes {
  private readonly rockets = new Map<number, { revision: number; state: RocketState }>();

  /** The next `count` messages of a rocket as one change. */
  next(rocket: number, count: number, recordedAt = 1_790_000_000_000): Change {
    const before = this.rockets.get(rocket) ?? { revision: 0, state: initialState };
    let { state } = before;
    const events: { number: number; event: RocketEvent }[] = [];
    while (events.length < count) {
      const number = state.version + 1;
      const { report, time } = messageOf(rocket, number);
      const event: RocketEvent = { ...report, time };
      events.push({ number, event });
      state = record(state, number, event);
    }
    this.rockets.set(rocket, { revision: before.revision + 1, state });
    const channel = channelOf(rocket);
    const nothing = { numbers: [], added: [], released: [], late: [] };
    return { ...nothing, channel, revision: before.revision, state, events, recordedAt, heard: true };
  }

  /** `count` messages of all rockets in turn, those of one rocket in one change; `first` is the first of the rockets. */
  batch(rockets: number, count: number, from: number, first = 0): Change[] {
    const each = Math.ceil(count / rockets);
    const touched = Math.min(rockets, count);
    return Array.from({ length: touched }, (_, i) =>
      this.next(first + ((from + i) % rockets), Math.max(1, each)),
    );
  }
}
