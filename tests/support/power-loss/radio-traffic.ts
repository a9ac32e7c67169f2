import type { RocketReport } from '../../../src/domain/rocket-message.js';
import { Random } from '../../simulation/random.js';
import type { Told } from '../../simulation/oracle.js';
import { drawReports } from '../drawn-reports.js';
import { timeOf } from '../messages.js';

export interface Spoken {
  readonly channel: string;
  readonly number: number;
  readonly told: Told;
}

interface Flight {
  readonly channel: string;
  readonly reports: readonly RocketReport[];
  /** Said so far. */
  said: number;
  /** Numbers that are in the air: any may come next. */
  readonly open: number[];
}

const FLIGHTS = 32;
const MESSAGES = 100;
const IN_THE_AIR = 8;
const REPEATED = 0.1;
/** Few at once: a transaction of one message fills the log of a store as fast as one of many. */
const CONNECTIONS = 3;
const STREAMED = 0.004;
const WORDY = 0.5;
/** To show a rocket, a store may write what follows from its messages: that fills the log with few of them. */
const LOOKED_AT = 0.3;

/** What rockets say, out of order and partly twice, and which request carried it. */
export class RadioTraffic {
  /** Everything that was ever sent, by channel and number. */
  readonly sent = new Map<string, Map<number, Told>>();
  /** What each request held, by its id. */
  readonly carried = new Map<string, readonly Spoken[]>();
  private readonly random: Random;
  private readonly flights: Flight[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
    while (this.flights.length < FLIGHTS) this.flights.push(this.launch());
  }

  /** Many at once over several connections, single messages and streams of lines, until there is `enough`. */
  async fly(url: string, enough: () => boolean): Promise<void> {
    const sending = Array.from({ length: CONNECTIONS }, async () => {
      while (!enough()) {
        if (this.random.chance(STREAMED)) await this.stream(url, this.random.between(2, 40));
        else await this.post(url);
        if (this.random.chance(LOOKED_AT)) await this.look(url);
      }
    });
    await Promise.all(sending);
  }

  /** One message, answered. */
  post(url: string): Promise<void> {
    return this.request(url, 'application/json', 202, [this.next()]);
  }

  /** Many lines in one request, answered together. */
  stream(url: string, lines: number): Promise<void> {
    return this.request(
      url,
      'application/x-ndjson',
      200,
      Array.from({ length: lines }, () => this.next()),
    );
  }

  private async look(url: string): Promise<void> {
    const answer = await fetch(`${url}/rockets/${this.random.pick(this.flights).channel}`);
    await answer.arrayBuffer();
    if (answer.status !== 200 && answer.status !== 404) throw new Error(`not shown: ${answer.status}`);
  }

  private async request(url: string, type: string, status: number, spoken: readonly Spoken[]): Promise<void> {
    const id = `carried-${this.carried.size}`;
    this.carried.set(id, spoken);
    for (const { channel, number, told } of spoken) {
      this.sent.set(channel, (this.sent.get(channel) ?? new Map<number, Told>()).set(number, told));
    }
    const answer = await fetch(`${url}/messages`, {
      method: 'POST',
      headers: { 'Content-Type': type, 'X-Request-Id': id },
      body: spoken.map(wireForm).join('\n'),
    });
    const text = await answer.text();
    const turnedAway = /"(invalid|conflict)":[1-9]/.test(text);
    if (answer.status !== status || turnedAway) throw new Error(`not taken: ${answer.status} ${text}`);
  }

  private next(): Spoken {
    const place = this.random.between(0, this.flights.length - 1);
    let flight = this.flights[place]!;
    while (flight.open.length < IN_THE_AIR && flight.said < MESSAGES) flight.open.push(++flight.said);
    if (flight.open.length === 0) {
      this.flights[place] = flight = this.launch();
      flight.open.push(++flight.said);
    }
    const number = this.random.pick(flight.open);
    if (!this.random.chance(REPEATED)) flight.open.splice(flight.open.indexOf(number), 1);
    const { type, data } = flight.reports[number - 1]!;
    return { channel: flight.channel, number, told: { type, data: { ...data }, time: timeOf(number) } };
  }

  private launch(): Flight {
    const channel = `rocket-${this.random.between(1e9, 1e10 - 1)}`;
    const reports = drawReports(this.random, MESSAGES).map((report) => this.wordy(report));
    return { channel, reports, said: 0, open: [] };
  }

  /** Many reports are instead names so long that a few of them fill a page of a store. */
  private wordy(report: RocketReport): RocketReport {
    if (report.type === 'RocketLaunched' || !this.random.chance(WORDY)) return report;
    return { type: 'RocketMissionChanged', data: { newMission: '🚀'.repeat(this.random.between(1, 256)) } };
  }
}

const wireForm = ({ channel, number, told: { type, data, time } }: Spoken): string =>
  JSON.stringify({
    metadata: { channel, messageNumber: number, messageTime: time, messageType: type },
    message: data,
  });
