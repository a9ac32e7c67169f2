/** Asked again at most so often, however often it is told of a change … */
const busyMs = 1_000;
/** … and so often when it is told of none: a share of the figures moves with the clock alone. */
const calmMs = 5_000;
const retryMs = 2_000;
/** A question that got lost on its way is asked again. */
const patienceMs = 20_000;

/** Keeps one answer current. There is never a second question before the first one was answered. */
export class Asker {
  #outdatedSince: number | undefined;
  /** Told while a question was on its way: its answer may say so already, or not. */
  #meanwhile: number | undefined;
  #isAsking = false;
  /** Somebody wants to see something else than what is asked just now. */
  #isImpatient = false;
  #isHeld = false;
  #askedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  #question: AbortController | undefined;

  constructor(private readonly ask: (signal: AbortSignal) => Promise<void>) {
    this.#outdatedSince = Date.now();
  }

  /** Since when something may have happened that the last answer does not say. */
  get outdatedSince(): number | undefined {
    return this.#isHeld ? undefined : earlier(this.#outdatedSince, this.#meanwhile);
  }

  /** Something happened. */
  changed(since = Date.now()): void {
    if (this.#isAsking) this.#meanwhile = earlier(this.#meanwhile, since);
    else this.#outdatedSince = earlier(this.#outdatedSince, since);
    this.#after(this.#askedAt + busyMs - Date.now());
  }

  /** Somebody wants to see something else, and should not wait for it. */
  now(): void {
    if (this.#isAsking) this.#isImpatient = true;
    else void this.#work();
  }

  /** Held still, it asks for nothing but what `now` wants. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) clearTimeout(this.#timer);
    else this.changed();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#question?.abort();
  }

  #after(ms: number): void {
    if (this.#isAsking || this.#isHeld || this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#work(), Math.max(0, ms));
  }

  async #work(): Promise<void> {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#isAsking = true;
    this.#askedAt = Date.now();
    const question = new AbortController();
    const patience = setTimeout(() => question.abort(), patienceMs);
    this.#question = question;
    let wait: number;
    try {
      await this.ask(question.signal);
      this.#outdatedSince = this.#meanwhile;
      wait = this.#meanwhile === undefined ? calmMs : busyMs;
    } catch {
      this.#outdatedSince = earlier(this.#outdatedSince ?? this.#askedAt, this.#meanwhile);
      wait = retryMs;
    }
    clearTimeout(patience);
    this.#meanwhile = undefined;
    this.#isAsking = false;
    if (this.#isImpatient) {
      this.#isImpatient = false;
      void this.#work();
    } else this.#after(this.#askedAt + wait - Date.now());
  }
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
