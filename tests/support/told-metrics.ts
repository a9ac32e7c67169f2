/** What a text for Prometheus says, by the series as it stands there. */
export class ToldMetrics {
  private readonly values: ReadonlyMap<string, number>;

  constructor(readonly text: string) {
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    this.values = new Map(samples.map((line) => [seriesIn(line), Number(line.slice(line.lastIndexOf(' ')))]));
    if (this.values.size !== samples.length) throw new Error('A series is told twice.');
  }

  /** As a service at this address tells it. */
  static async of(url: string, headers: Readonly<Record<string, string>> = {}): Promise<ToldMetrics> {
    const answer = await fetch(`${url}/metrics`, { headers });
    if (answer.status !== 200) throw new Error(`${url}/metrics answers ${answer.status}`);
    return new ToldMetrics(await answer.text());
  }

  /** Undefined: it is not told. */
  value(series: string): number | undefined {
    return this.values.get(series);
  }

  /** All series of one metric, by their labels. */
  all(name: string): Readonly<Record<string, number>> {
    const own = [...this.values].filter(([series]) => series === name || series.startsWith(`${name}{`));
    return Object.fromEntries(own.map(([series, value]) => [series.slice(name.length), value]));
  }
}

const seriesIn = (line: string): string => line.slice(0, line.lastIndexOf(' '));
