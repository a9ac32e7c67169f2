interface Span {
  readonly from: number;
  readonly to: number;
}

/** For how long somebody has listened; the same time counts once, whoever listened. */
export class Listening {
  total = 0;

  constructor(private spans: readonly Span[] = []) {
    for (const { from, to } of spans) this.total += to - from;
  }

  add(from: number, to: number): void {
    const touched = this.spans.filter((span) => span.to >= from && span.from <= to);
    const begin = Math.min(from, ...touched.map((span) => span.from));
    const end = Math.max(to, ...touched.map((span) => span.to));
    const before = touched.reduce((sum, span) => sum + span.to - span.from, 0);
    this.total += end - begin - before;
    this.spans = [...this.spans.filter((span) => !touched.includes(span)), { from: begin, to: end }];
  }

  copy(): Listening {
    return new Listening(this.spans);
  }
}

/** The time in which at least one of several services was listening, as it truly passed. */
export class ListeningTime {
  /** How many have begun to listen so far. */
  services = 0;
  private readonly since = new Map<string, number>();
  private readonly lives: number[] = [];
  private before = 0;
  private began = 0;

  constructor(private readonly now: () => number) {}

  get total(): number {
    return this.before + (this.since.size > 0 ? this.now() - this.began : 0);
  }

  /** What is left when the first part of each life does not count. */
  lastingLongerThan(ms: number): number {
    const present = [...this.since.values()].map((since) => this.now() - since);
    return [...this.lives, ...present].reduce((sum, life) => sum + Math.max(0, life - ms), 0);
  }

  begins(name: string): void {
    if (this.since.size === 0) this.began = this.now();
    this.since.set(name, this.now());
    this.services++;
  }

  ends(name: string): void {
    const since = this.since.get(name);
    if (since === undefined) return;
    const { total } = this;
    this.lives.push(this.now() - since);
    this.since.delete(name);
    if (this.since.size === 0) this.before = total;
  }
}
