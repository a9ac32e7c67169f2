/** So many lines of one text in so much time are told; what a client can bring about a thousand times must not fill a disk. */
const MOST = 10;
const PERIOD_MS = 10_000;
/** Texts are ours and few. */
const MOST_TEXTS = 1000;

interface Period {
  told: number;
  left: number;
}

/** Keeps one text from being logged again and again, and sums up what was left out. */
export class RepeatedLines {
  private readonly periods = new Map<string, Period>();

  /** `sumUp` is told how many more there were. */
  constructor(private readonly sumUp: (text: string, more: number, seconds: number) => void) {}

  /** Whether this line is to be told. */
  tells(text: string): boolean {
    const period = this.periods.get(text) ?? this.begin(text);
    if (period.told === MOST) {
      period.left++;
      return false;
    }
    period.told++;
    return true;
  }

  private begin(text: string): Period {
    const period = { told: 0, left: 0 };
    if (this.periods.size >= MOST_TEXTS) return period;
    this.periods.set(text, period);
    setTimeout(() => this.end(text, period), PERIOD_MS).unref();
    return period;
  }

  private end(text: string, { left }: Period): void {
    this.periods.delete(text);
    if (left > 0) this.sumUp(text, left, PERIOD_MS / 1000);
  }
}
