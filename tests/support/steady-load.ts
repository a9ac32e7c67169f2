import {
  Agent,
  request,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { messageText } from './real-process.js';
import { SseClient, type SseMessage } from './sse-client.js';

const LINES = 20;
const PAUSE_MS = 15;

interface Told {
  readonly status: number | undefined;
  readonly body: string;
}

/**
 * Senders of single messages, of bodies of NDJSON and of a stream that never ends, programs that ask, and readers of the live
 * feed, all by one address, until they are told to stop. Whoever is told 503 with Retry-After does as he is told; everything
 * else but success is a fault.
 */
export class SteadyLoad {
  readonly faults: string[] = [];
  /** By channel, up to which number everything was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  readonly readers: FeedFollower[] = [];
  /** How often somebody was told to come again later. */
  later = 0;
  private over = false;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly sending: Promise<void>[] = [];
  private readonly reading: Promise<void>[] = [];

  constructor(private readonly url: string) {}

  start(): void {
    const times = <T>(count: number, make: (i: number) => T): T[] =>
      Array.from({ length: count }, (_, i) => make(i));
    this.sending.push(
      ...times(8, (i) => this.single(`single-${i}`)),
      ...times(3, (i) => this.batches(`batch-${i}`)),
      ...times(2, (i) => this.stream(`stream-${i}`)),
      ...times(2, (i) => this.questions(`single-${i}`)),
    );
    this.readers.push(...times(4, () => new FeedFollower(this.url, this)));
    this.reading.push(...this.readers.map((reader) => reader.follow()));
  }

  /** All of them have sent, asked and read what they meant to. */
  async stop(): Promise<void> {
    this.over = true;
    await Promise.all(this.sending);
    // After a fault they might wait in vain for what was given up.
    for (const reader of this.readers) reader.wanted = this.faults.length > 0 ? 0 : this.total;
    await Promise.all(this.reading);
    this.agent.destroy();
  }

  /** Of messages that were acknowledged. */
  get total(): number {
    return [...this.acknowledged.values()].reduce((a, b) => a + b, 0);
  }

  /** Whether that is an answer which is allowed; it is waited for as long as it says. */
  async obeys(what: string, status: number | undefined, headers: IncomingHttpHeaders): Promise<boolean> {
    const after = headers['retry-after'];
    if (status !== 503 || after === undefined) {
      this.faults.push(`${what}: ${status}, Retry-After ${after}`);
      return false;
    }
    this.later++;
    await delay(Number(after) * 1000);
    return true;
  }

  private async single(channel: string): Promise<void> {
    for (let number = 1; !this.over; number++) {
      await this.untilTaken(channel, number, messageText(number, channel), 'application/json', 202);
      await delay(PAUSE_MS);
    }
  }

  private async batches(channel: string): Promise<void> {
    for (let first = 1; !this.over; first += LINES) {
      const lines = Array.from({ length: LINES }, (_, i) => messageText(first + i, channel));
      await this.untilTaken(channel, first + LINES - 1, lines.join('\n'), 'application/x-ndjson', 200);
      await delay(PAUSE_MS * LINES);
    }
  }

  private async untilTaken(
    channel: string,
    last: number,
    body: string,
    type: string,
    success: number,
  ): Promise<void> {
    for (;;) {
      const told = await this.ask('POST', '/messages', type, (asking) => asking.end(body));
      if (told === 'later') continue;
      if (told?.status !== success) this.fault(`${channel} up to ${last}`, told);
      else this.acknowledged.set(channel, last);
      return;
    }
  }

  /** Begins anew, behind what is stored, when it is told to. */
  private async stream(channel: string): Promise<void> {
    let number = 0;
    const write = async (asking: ClientRequest): Promise<void> => {
      let answered = false;
      asking.once('response', () => (answered = true)).once('error', () => (answered = true));
      while (!this.over && !answered) {
        asking.write(`${messageText(++number, channel)}\n`);
        await delay(PAUSE_MS);
      }
      asking.end();
    };
    for (;;) {
      const told = await this.ask(
        'POST',
        '/messages',
        'application/x-ndjson',
        (asking) => void write(asking),
      );
      if (told !== undefined && told !== 'later' && told.status === 200) {
        this.acknowledged.set(channel, number);
        return;
      }
      if (told !== 'later') return this.fault(channel, told);
      number = await this.versionOf(channel);
    }
  }

  private async questions(channel: string): Promise<void> {
    while (!this.over) {
      await this.versionOf(channel);
      await delay(PAUSE_MS);
    }
  }

  private async versionOf(channel: string): Promise<number> {
    for (;;) {
      const told = await this.ask('GET', `/rockets/${channel}`, undefined, (asking) => asking.end());
      if (told === 'later') continue;
      if (told?.status === 404) return 0;
      if (told?.status === 200) return (JSON.parse(told.body) as { version: number }).version;
      this.fault(`GET of ${channel}`, told);
      return 0;
    }
  }

  private async ask(
    method: string,
    path: string,
    type: string | undefined,
    send: (asking: ClientRequest) => void,
  ): Promise<Told | 'later' | undefined> {
    const headers = { Accept: 'application/json', ...(type !== undefined && { 'Content-Type': type }) };
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const asking = request(`${this.url}${path}`, { method, headers, agent: this.agent }, resolve);
        asking.once('error', reject);
        send(asking);
      });
      const body = await text(answer);
      const { statusCode: status, headers: said } = answer;
      if (status === 503) return (await this.obeys(path, status, said)) ? 'later' : undefined;
      return { status, body };
    } catch (error) {
      this.faults.push(`${method} ${path}: ${String(error)}`);
      return undefined;
    }
  }

  private fault(what: string, told: Told | undefined): void {
    if (told !== undefined) this.faults.push(`${what}: ${told.status} ${told.body.slice(0, 500)}`);
  }
}

/** Reads the feed from its beginning on, and goes on with Last-Event-ID wherever it is sent away. */
export class FeedFollower {
  /** As they came. */
  readonly read: {
    readonly position: string | undefined;
    readonly channel: string;
    readonly number: number;
  }[] = [];
  /** How often it had to come back. */
  returns = -1;
  /** When it has read so many it is done. */
  wanted = Infinity;
  private last: string | undefined;

  constructor(
    private readonly url: string,
    private readonly load: Pick<SteadyLoad, 'obeys' | 'faults'>,
  ) {}

  async follow(): Promise<void> {
    while (this.read.length < this.wanted) {
      const headers: Record<string, string> = this.last === undefined ? {} : { 'Last-Event-ID': this.last };
      const client = await SseClient.open(`${this.url}/events`, headers);
      if (client.status === 200) await this.take(client);
      else if (!(await this.load.obeys('the feed', client.status, client.headers))) return;
    }
  }

  private async take(client: SseClient): Promise<void> {
    this.returns++;
    for (let taken = 0, ended = false; !ended && this.read.length < this.wanted; await delay(20)) {
      ({ ended } = client);
      for (; taken < client.messages.length; taken++) this.keep(client.messages[taken]!);
      if (client.lastId !== '') this.last = client.lastId;
    }
    client.break();
  }

  private keep({ name, id, data }: SseMessage): void {
    if (name === 'reset') this.load.faults.push(`the feed: ${name}`);
    if (name !== 'message') return;
    const { channel, number } = data as { channel: string; number: number };
    this.read.push({ position: id, channel, number });
  }
}
