import type { RocketEvent } from '../domain/rocket-event.js';
import { evolve, initialRocket } from '../domain/rocket.js';
import type { RocketState } from './ports/event-store.js';

export const initialState: RocketState = { version: 0, rocket: initialRocket, updatedAt: null };

/** The state after one more event of the history, which stands at `number`. */
export const record = (state: RocketState, number: number, event: RocketEvent): RocketState => ({
  version: number,
  rocket: evolve(state.rocket, event),
  updatedAt: event.type === 'MessageRefused' ? state.updatedAt : event.time,
});
