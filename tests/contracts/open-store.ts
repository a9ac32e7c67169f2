import {
  StoreUnavailable,
  type EventStore,
  type FeedRequest,
  type Head,
  type ReceivedMessage,
  type StoredEvent,
  type WaitingMessages,
} from '../../src/application/ports/event-store.js';
import type { RocketDirectory } from '../../src/application/ports/rocket-directory.js';
import { toUtc } from '../../src/domain/rocket-time.js';
import { initialState, record, type Rocket, type RocketState } from '../../src/domain/rocket.js';
import { write, type ChangeParts } from '../support/builders.js';

export interface OpenStore {
  readonly store: EventStore;
  readonly directory: RocketDirectory;
  /** Only of a store that outlives its process: closes it and opens the same data again. */
  readonly reopen?: () => Promise<Pick<OpenStore, 'store' | 'directory'>>;
  /** Closes whatever is open and removes the data. */
  readonly close: () => Promise<void>;
}

/** A store of its own for each test; its methods reach the one of the test that runs. */
export const storeForEach = <Open extends Pick<OpenStore, 'close'>>(
  open: () => Promise<Open>,
): { readonly now: Open } => {
  let opened: Open | undefined;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened?.close());
  return {
    get now() {
      if (opened === undefined) throw new Error('No test runs.');
      return opened;
    },
  };
};

/** The state with its times in UTC: a store keeps the instants, the events keep how they were written. */
export const instants = <S extends RocketState>(state: S): S => ({
  ...state,
  rocket: rocketInUtc(state.rocket),
  updatedAt: utc(state.updatedAt),
});

const rocketInUtc = (rocket: Rocket): Rocket => {
  if (rocket.status === 'awaiting-launch') return rocket;
  const launched = { ...rocket, launchedAt: utc(rocket.launchedAt) };
  return launched.status === 'flying' ? launched : { ...launched, explodedAt: toUtc(launched.explodedAt) };
};

const utc = (time: string | null): string | null => (time === null ? null : toUtc(time));

export const foldOf = (events: readonly StoredEvent[]): RocketState =>
  instants(events.reduce((state, { number, event }) => record(state, number, event), initialState));

export const waitingIn = (waiting: WaitingMessages): ReceivedMessage[] => {
  const found: ReceivedMessage[] = [];
  for (let one = waiting.after(0); one !== undefined; one = waiting.after(one.message.number))
    found.push(one);
  return found;
};

export const numbersOf = (messages: readonly ReceivedMessage[]): number[] =>
  messages.map(({ message }) => message.number);

/** A head as plain data. */
export const plainHead = ({ channel, revision, state, waiting, recorded, late }: Head) => ({
  channel,
  revision,
  state: instants(state),
  waiting: waitingIn(waiting),
  recorded: Object.fromEntries(recorded),
  late: Object.fromEntries(late),
});

export const initialHead = (channel: string) => ({
  channel,
  revision: 0,
  state: initialState,
  waiting: [],
  recorded: {},
  late: {},
});

/** Writes after a commit has failed: a store may need a moment before it takes anything again. */
export const writeAgain = async (store: EventStore, channel: string, parts: ChangeParts): Promise<void> => {
  for (let left = 100; ; left--) {
    try {
      return await write(store, channel, parts);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
};

/** Everything a request leads to, page by page. */
export const walkFeed = async (store: EventStore, request: FeedRequest): Promise<StoredEvent[]> => {
  const events: StoredEvent[] = [];
  let { after } = request;
  for (let calls = 0; calls < 1000; calls++) {
    const page = await store.readAll({ ...request, after });
    expect(page.events.length).toBeLessThanOrEqual(request.limit);
    events.push(...page.events);
    if (page.end) return events;
    expect(page.next).not.toBe(after);
    after = page.next;
  }
  throw new Error('The feed does not end.');
};
