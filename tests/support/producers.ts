import { Agent, request } from 'node:http';
import { seededRandom } from './seeded-random.js';

export interface Sent {
  readonly number: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly time: string;
}

/** One rocket on the radio: knows what it said, and what was acknowledged. */
export class Producer {
  readonly sent: Sent[] = [];
  /** Numbers that were answered with success. */
  readonly acknowledged = new Set<number>();
  private readonly open = new Set<number>();
  private readonly random: () => number;

  constructor(
    readonly channel: string,
    seed: number,
    private readonly repeats: number,
  ) {
    this.random = seededRandom(seed);
  }

  /** Any of the next few numbers: now and then one that was sent and perhaps taken already. */
  pick(): Sent {
    while (this.open.size < 8) this.open.add(this.say().number);
    const numbers = [...this.open];
    return this.sent[numbers[Math.floor(this.random() * numbers.length)]! - 1]!;
  }

  /** What was never acknowledged. */
  unanswered(): Sent[] {
    return this.sent.filter(({ number }) => !this.acknowledged.has(number));
  }

  acknowledge(number: number): void {
    this.acknowledged.add(number);
    if (this.random() >= this.repeats) this.open.delete(number);
  }

  /** Its next message. */
  say(): Sent {
    const number = this.sent.length + 1;
    const time = new Date(Date.UTC(2026, 9, 1) + number * 1000).toISOString();
    const sent = { number, time, ...this.report(number) };
    this.sent.push(sent);
    return sent;
  }

  private report(number: number): Pick<Sent, 'type' | 'data'> {
    const chance = this.random();
    if (number === 1) {
      return { type: 'RocketLaunched', data: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' } };
    }
    const by = Math.floor(this.random() * 1000);
    if (chance < 0.5) return { type: 'RocketSpeedIncreased', data: { by } };
    if (chance < 0.9) return { type: 'RocketSpeedDecreased', data: { by } };
    return { type: 'RocketMissionChanged', data: { newMission: `MISSION-${by}` } };
  }
}

export const wireForm = (channel: string, { number, type, data, time }: Sent): string =>
  JSON.stringify({
    metadata: { channel, messageNumber: number, messageTime: time, messageType: type },
    message: data,
  });

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** All producers at once, each with one request under way. */
export class Fleet {
  readonly producers: Producer[];
  /** Answers that are neither a success nor "not now". */
  readonly unexpected: string[] = [];
  /** Answers that said "not now". */
  readonly refusals: string[] = [];

  /** `repeats`: the share of messages that are sent again although they were acknowledged. */
  constructor(count: number, seed: number, repeats = 0.1) {
    this.producers = Array.from(
      { length: count },
      (_, i) => new Producer(`rocket-${seed}-${i}`, seed * 1000 + i, repeats),
    );
  }

  get acknowledged(): number {
    return this.producers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  }

  /** Sends until the service goes away or `until` says stop. */
  async fly(port: number, until: () => boolean): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: this.producers.length });
    await Promise.all(
      this.producers.map(async (producer) => {
        while (!until()) {
          if ((await this.send(agent, port, producer, producer.pick())) === undefined) return;
        }
      }),
    );
    agent.destroy();
  }

  /** Sends everything that was said and never acknowledged. */
  async finish(port: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: this.producers.length });
    await Promise.all(
      this.producers.map(async (producer) => {
        for (const sent of producer.unanswered()) {
          const answer = await this.send(agent, port, producer, sent);
          if (answer?.status !== 202) throw new Error(`not taken: ${JSON.stringify(answer)}`);
        }
      }),
    );
    agent.destroy();
  }

  /** Undefined when no answer came. */
  private async send(
    agent: Agent,
    port: number,
    producer: Producer,
    sent: Sent,
  ): Promise<Answer | undefined> {
    const answer = await post(agent, port, wireForm(producer.channel, sent)).catch(() => undefined);
    if (answer === undefined) return undefined;
    if (answer.status === 202) producer.acknowledge(sent.number);
    else if (answer.status === 503) this.refusals.push(answer.body);
    else this.unexpected.push(`${answer.status} ${answer.body}`);
    return answer;
  }
}

export const post = (agent: Agent, port: number, body: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = {
      agent,
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/messages',
      headers: { Accept: 'application/json', 'Content-Length': Buffer.byteLength(body) },
    };
    const sending = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    sending.on('error', reject);
    sending.end(body);
  });
