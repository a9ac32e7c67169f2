import { Random } from './random.js';
import { bodyOf, type SentMessage } from './sent-message.js';

/** One POST, or one line of a batch. */
export interface Shipment {
  readonly kind: 'message' | 'duplicate' | 'malformed';
  readonly message: SentMessage;
  readonly body: string;
}

export interface Disorder {
  /** Places a message may be moved; Infinity for anywhere in the run. */
  readonly shuffle: number;
  readonly duplicates: number;
  /** Share of messages withheld until everything else was sent. */
  readonly loss: number;
  /** Share of messages of which a damaged copy is sent as well. */
  readonly malformed: number;
}

const FARTHEST_DUPLICATE = 200;

/** Bad radio, decided by the seed alone: the same run again has the same faults in the same places. */
export const disturb = (
  messages: Iterable<SentMessage>,
  disorder: Disorder,
  seed: number,
): Iterable<Shipment> => {
  const shipments = repeated(messages, disorder, new Random(seed, 1, 0xd15));
  const shuffled =
    disorder.shuffle > 0 ? shuffle(shipments, disorder.shuffle, new Random(seed, 2, 0xd15)) : shipments;
  return disorder.loss > 0 ? withhold(shuffled, disorder.loss, new Random(seed, 3, 0xd15)) : shuffled;
};

function* repeated(
  messages: Iterable<SentMessage>,
  { duplicates, malformed }: Disorder,
  random: Random,
): Generator<Shipment> {
  const later: Shipment[] = [];
  for (const message of messages) {
    const body = bodyOf(message);
    if (malformed > 0 && random.chance(malformed)) {
      yield { kind: 'malformed', message, body: damaged(message, body, random) };
    }
    yield { kind: 'message', message, body };
    if (duplicates === 0) continue;
    if (random.chance(duplicates)) later.push({ kind: 'duplicate', message, body });
    if (later.length > 0 && random.chance(1 / FARTHEST_DUPLICATE + later.length / FARTHEST_DUPLICATE)) {
      yield takeAny(later, random);
    }
  }
  yield* later;
}

/** Draws each message from the next `window` of the stream: one may come that much too soon, and any time too late. */
function* shuffle(shipments: Iterable<Shipment>, window: number, random: Random): Generator<Shipment> {
  const pool: Shipment[] = [];
  for (const shipment of shipments) {
    pool.push(shipment);
    if (pool.length > window) yield takeAny(pool, random);
  }
  while (pool.length > 0) yield takeAny(pool, random);
}

function* withhold(shipments: Iterable<Shipment>, loss: number, random: Random): Generator<Shipment> {
  const withheld: Shipment[] = [];
  for (const shipment of shipments) {
    if (random.chance(loss)) withheld.push(shipment);
    else yield shipment;
  }
  yield* withheld;
}

const takeAny = (pool: Shipment[], random: Random): Shipment => {
  const index = random.below(pool.length);
  const taken = pool[index]!;
  const last = pool.pop()!;
  if (index < pool.length) pool[index] = last;
  return taken;
};

/** Every one of these must be answered 400, and leave the number free for the sound message. */
const damaged = (message: SentMessage, body: string, random: Random): string =>
  random.pick([
    body.slice(0, -random.between(1, 20)),
    body.replace(`"messageNumber":${message.number}`, '"messageNumber":0'),
    body.replace(`"messageNumber":${message.number}`, `"messageNumber":${message.number}.5`),
    body.replace(message.report.type, 'RocketPainted'),
    body.replace(/"messageTime":"[^"]*"/, '"messageTime":"yesterday"'),
    body.replace(/"message":.*$/, '"message":{}}'),
  ]);
