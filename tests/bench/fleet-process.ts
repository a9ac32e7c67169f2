import { setTimeout as pause } from 'node:timers/promises';
import { Latencies } from '../../src/cli/launch/latencies.js';
import { senderOf, type Fate, type Sender, type Way } from './senders.js';

/** Many senders in a process of their own: `node fleet-process.js PORT WAY`, then IPC. */
export interface Offer {
  readonly senders: number;
  readonly seconds: number;
  /** Messages a second that fall due; as many as are answered when left out. */
  readonly rate?: number;
}

export interface Offered {
  /** In messages. */
  readonly due: number;
  readonly sent: number;
  readonly fates: Readonly<Record<Fate, number>>;
  readonly seconds: number;
  /** Milliseconds from the sending of a message to its answer. */
  readonly acknowledgedP99: number;
  readonly refusedP99: number;
}

const TICK_MS = 1;
const AT_A_TIME = 50;
/** When the official program tries again what was refused, whatever `Retry-After` says. */
const REST_MS = 500;

class Fleet {
  private readonly senders: Sender[] = [];
  /** Those that wait for something to report. */
  private free: Sender[] = [];
  private resting = 0;
  private isOpen = false;
  private mostDue = 0;
  private sent = 0;
  private fates = noFates();
  private waits = noWaits();

  constructor(
    private readonly port: number,
    private readonly way: Way,
  ) {}

  /** What falls due while every sender waits for an answer or rests is not sent: nobody holds more than he can. */
  async offer({ senders, seconds, rate = Infinity }: Offer): Promise<Offered> {
    await this.settled();
    await this.connect(senders);
    this.free = this.senders.slice(0, senders);
    this.fates = noFates();
    this.waits = noWaits();
    this.sent = 0;
    this.isOpen = true;
    const began = performance.now();
    const passed = (): number => (performance.now() - began) / 1000;
    while (passed() < seconds) {
      this.mostDue = rate * (passed() + TICK_MS / 1000);
      this.pump();
      await pause(TICK_MS);
    }
    this.isOpen = false;
    const { sent, fates, waits } = this;
    return {
      due: rate === Infinity ? sent : Math.floor(rate * passed()),
      sent,
      fates,
      seconds: passed(),
      acknowledgedP99: waits.acknowledged.quantile(0.99),
      refusedP99: waits.refused.quantile(0.99),
    };
  }

  /** The last number that was acknowledged, by rocket, once every answer has come. */
  async acknowledged(): Promise<[rocket: number, number: number][]> {
    await this.settled();
    return this.senders.flatMap((sender) => [...sender.acknowledged]);
  }

  /** Each sends once, some at a time: Node takes one new connection in a turn of its loop, and a busy one has few turns. */
  private async connect(count: number): Promise<void> {
    while (this.senders.length < count) {
      for (let i = 0; i < AT_A_TIME && this.senders.length < count; i++) {
        const sender = senderOf(this.way, this.port, this.senders.length, this.told);
        this.senders.push(sender);
        sender.send();
      }
      await this.settled();
    }
  }

  private async settled(): Promise<void> {
    while (this.resting > 0 || this.senders.some((sender) => sender.isBusy)) await pause(TICK_MS);
  }

  private pump(): void {
    let next = 0;
    for (; this.isOpen && next < this.free.length && this.sent < this.mostDue; next++) {
      const sender = this.free[next]!;
      this.sent += sender.messages;
      sender.send();
    }
    this.free.splice(0, next);
  }

  private readonly told = (sender: Sender, fate: Fate, ms: number): void => {
    this.fates[fate] += sender.messages;
    this.waits[fate].add(ms);
    if (fate === 'refused') return void this.rest(sender);
    this.free.push(sender);
    this.pump();
  };

  private async rest(sender: Sender): Promise<void> {
    this.resting++;
    await pause(REST_MS);
    this.resting--;
    this.free.push(sender);
  }
}

const noFates = (): Record<Fate, number> => ({ acknowledged: 0, refused: 0, broken: 0 });
const noWaits = (): Record<Fate, Latencies> => ({
  acknowledged: new Latencies(),
  refused: new Latencies(),
  broken: new Latencies(),
});

const [, , port, way] = process.argv;
const fleet = new Fleet(Number(port), way as Way);
const answer = async (question: Offer | 'acknowledged'): Promise<void> => {
  process.send?.(await (question === 'acknowledged' ? fleet.acknowledged() : fleet.offer(question)));
};
process.on('message', (question: Offer | 'acknowledged') => void answer(question));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
