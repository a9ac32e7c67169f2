import { connect, type Socket } from 'node:net';
import { Reports } from './reports.js';

export type Way = 'single' | 'ndjson';

/** What became of what was sent together; `broken` is neither yes nor `503`. */
export type Fate = 'acknowledged' | 'refused' | 'broken';
export type Told = (sender: Sender, fate: Fate, ms: number) => void;

/**
 * Rockets with a connection of their own, which send what they report next until it is acknowledged: so what a rocket has
 * acknowledged is the beginning of its history, and its version tells whether any of it was lost.
 */
export interface Sender {
  /** The last number of each rocket that was acknowledged. */
  readonly acknowledged: ReadonlyMap<number, number>;
  readonly messages: number;
  readonly isBusy: boolean;
  send(): void;
}

export const senderOf = (way: Way, port: number, first: number, told: Told): Sender =>
  way === 'single' ? new SingleSender(port, first, told) : new StreamSender(port, first, told);

/** A connection that is made anew once it was closed, as the service does with those that rest. */
class Line {
  private socket: Socket | undefined;
  isBusy = false;

  constructor(
    private readonly port: number,
    /** A status of 0: the connection broke before the answer came. */
    private readonly take: (status: number, body: string) => void,
  ) {}

  write(text: string): void {
    this.isBusy = true;
    this.socket ??= this.connect();
    this.socket.write(text, 'latin1');
  }

  private connect(): Socket {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    onReply(socket, (status, body) => this.settle(status, body));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.socket = undefined;
      this.settle(0, '');
    });
    return socket;
  }

  private settle(status: number, body: string): void {
    if (!this.isBusy) return;
    this.isBusy = false;
    this.take(status, body);
  }
}

/** One rocket, one message a request. */
class SingleSender implements Sender {
  readonly messages = 1;
  readonly acknowledged = new Map<number, number>();
  private readonly reports: Reports;
  private readonly line: Line;
  private number = 0;
  private sentAt = 0;

  constructor(port: number, rocket: number, told: Told) {
    this.reports = new Reports(rocket);
    this.line = new Line(port, (status) => {
      if (status === 202) this.acknowledged.set(rocket, ++this.number);
      told(this, becameOf(status, status === 202), performance.now() - this.sentAt);
    });
  }

  get isBusy(): boolean {
    return this.line.isBusy;
  }

  send(): void {
    const body = this.reports.line(this.number + 1);
    this.sentAt = performance.now();
    this.line.write(`${singleHead}${body.length}\r\n\r\n${body}`);
  }
}

const ROCKETS_PER_STREAM = 10;
const LINES_PER_ROCKET = 100;

/** Some rockets, many messages a request. */
class StreamSender implements Sender {
  readonly messages = ROCKETS_PER_STREAM * LINES_PER_ROCKET;
  readonly acknowledged = new Map<number, number>();
  private readonly reports: readonly Reports[];
  private readonly line: Line;
  private number = 0;
  private sentAt = 0;

  constructor(port: number, stream: number, told: Told) {
    const rockets = Array.from({ length: ROCKETS_PER_STREAM }, (_, i) => stream * ROCKETS_PER_STREAM + i);
    this.reports = rockets.map((rocket) => new Reports(rocket));
    this.line = new Line(port, (status, body) => {
      const isTaken =
        status === 200 && countOf(body, 'applied') + countOf(body, 'duplicate') === this.messages;
      if (isTaken) this.number += LINES_PER_ROCKET;
      for (const rocket of rockets) this.acknowledged.set(rocket, this.number);
      told(this, becameOf(status, isTaken), performance.now() - this.sentAt);
    });
  }

  get isBusy(): boolean {
    return this.line.isBusy;
  }

  send(): void {
    const lines: string[] = [];
    for (let i = 1; i <= LINES_PER_ROCKET; i++)
      for (const reports of this.reports) lines.push(reports.line(this.number + i));
    const body = lines.join('\n');
    this.sentAt = performance.now();
    this.line.write(`${streamHead}${body.length}\r\n\r\n${body}`);
  }
}

const becameOf = (status: number, isTaken: boolean): Fate => {
  if (isTaken) return 'acknowledged';
  return status === 503 ? 'refused' : 'broken';
};

const countOf = (body: string, outcome: string): number =>
  Number(new RegExp(`"${outcome}":(\\d+)`).exec(body)?.[1] ?? 0);

const headOf = (type: string): string =>
  `POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: `;
const singleHead = headOf('application/json');
const streamHead = headOf('application/x-ndjson');

const onReply = (socket: Socket, take: (status: number, body: string) => void): void => {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text = text === '' ? chunk : text + chunk;
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return;
    const status = Number(text.slice(9, 12));
    const length = status === 202 ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
    if (text.length < end + 4 + length) return;
    const body = text.slice(end + 4);
    text = '';
    take(status, body);
  });
};
