import type { StoredRocket } from './rocket-rows.js';

/** Twice as many are kept at the most: some 80 MB beside their texts, */
const GENERATION = 100_000;
/** and twice as many characters of those. */
const CHARACTERS = 16 * 1024 * 1024;

/**
 * The rockets that were heard last, as their rows are. It only saves reading; what counts is the revision in the store.
 * Without it SQLite takes 0.9 of the messages of 20 rockets, and 0.7 of 100,000 (`make bench ARGS=heads`).
 */
export class HeadCache {
  private recent = new Map<string, StoredRocket>();
  /** Those that were recent before; whoever is not heard again goes with them. */
  private older = new Map<string, StoredRocket>();

  /** Of the texts of recent rockets. */
  private characters = 0;

  constructor(private readonly generation = GENERATION) {}

  get(channel: string): StoredRocket | undefined {
    const rocket = this.recent.get(channel);
    if (rocket !== undefined) return rocket;
    const older = this.older.get(channel);
    if (older !== undefined) this.keep(older);
    return older;
  }

  /** What was read a while ago never takes the place of what is known since. */
  put(rocket: StoredRocket): void {
    const known = this.recent.get(rocket.channel) ?? this.older.get(rocket.channel);
    if ((known?.revision ?? 0) <= rocket.revision) this.keep(rocket);
  }

  clear(): void {
    this.recent.clear();
    this.older.clear();
    this.characters = 0;
  }

  private keep(rocket: StoredRocket): void {
    if (this.generation === 0) return;
    const before = this.recent.get(rocket.channel);
    this.characters += textOf(rocket) - (before === undefined ? 0 : textOf(before));
    this.recent.set(rocket.channel, rocket);
    if (this.recent.size < this.generation && this.characters < CHARACTERS) return;
    this.older = this.recent;
    this.recent = new Map();
    this.characters = 0;
  }
}

const textOf = ({ channel, rocket }: StoredRocket): number => {
  if (rocket.status === 'awaiting-launch') return channel.length;
  const reason = rocket.status === 'exploded' ? rocket.reason.length : 0;
  return channel.length + (rocket.type?.length ?? 0) + (rocket.mission?.length ?? 0) + reason;
};
