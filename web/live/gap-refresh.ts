/** Of more rockets at a time it is cheaper to ask for all gaps there are. */
const mostAtOnce = 20;
const pauseMs = 1_000;

export interface GapQuestion {
  /** Whose gaps have changed; undefined: those of many rockets. */
  readonly gapsOf: readonly string[] | undefined;
  /** Rockets of which messages came late. */
  readonly lateOf: readonly string[];
}

/** Asks again what has changed: at once, and then at most once a second, however often it is told. */
export class GapRefresh {
  readonly #changed = new Set<string>();
  readonly #late = new Set<string>();
  #many = false;
  #isAsking = false;

  constructor(
    private readonly ask: (question: GapQuestion) => Promise<void>,
    private readonly pause = () => new Promise<void>((resolve) => void setTimeout(resolve, pauseMs)),
  ) {}

  /** Of many rockets when none is named. */
  gapsChanged(channel: string | undefined): void {
    if (channel === undefined) this.#many = true;
    else this.#changed.add(channel);
    this.#begin();
  }

  messageLate(channel: string): void {
    this.#late.add(channel);
    this.#begin();
  }

  /** Everything is asked for anew by somebody else. */
  forget(): void {
    this.#changed.clear();
    this.#late.clear();
    this.#many = false;
  }

  #begin(): void {
    if (!this.#isAsking) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isAsking = true;
    while (this.#many || this.#changed.size + this.#late.size > 0) {
      const question = this.#take();
      try {
        await this.ask(question);
      } catch {
        this.#putBack(question);
      }
      await this.pause();
    }
    this.#isAsking = false;
  }

  #take(): GapQuestion {
    const gapsOf = this.#many || this.#changed.size > mostAtOnce ? undefined : [...this.#changed];
    const lateOf = [...this.#late].slice(0, mostAtOnce);
    this.#many = false;
    this.#changed.clear();
    for (const channel of lateOf) this.#late.delete(channel);
    return { gapsOf, lateOf };
  }

  #putBack({ gapsOf, lateOf }: GapQuestion): void {
    if (gapsOf === undefined) this.#many = true;
    else for (const channel of gapsOf) this.#changed.add(channel);
    for (const channel of lateOf) this.#late.add(channel);
  }
}
