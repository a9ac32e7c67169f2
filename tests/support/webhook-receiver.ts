import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { freePort } from './real-process.js';

export interface ReceivedEvent {
  readonly id: string;
  readonly subject: string;
  readonly type: string;
  readonly source: string;
  readonly time: string;
  readonly data: { readonly channel: string; readonly number: number; readonly position: string };
}

/** What becomes of a request: `lost`: it is taken, and its answer never arrives. */
export type Fate = 'yes' | 'fail' | 'hang' | 'late' | 'lost' | number;

/** A real receiver of webhooks that verifies every signature, and behaves as badly as it is told to. */
export class WebhookReceiver {
  /** What was taken, with the repeats. */
  readonly taken: ReceivedEvent[] = [];
  readonly unsigned: string[] = [];
  requests = 0;
  connections = 0;
  secret: string | undefined;
  fateOf: (events: readonly ReceivedEvent[]) => Fate = () => 'yes';
  private server: Server | undefined;

  private constructor(readonly port: number) {}

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(await freePort());
    await receiver.comeBack();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Nobody listens, and connections that there are end. */
  async goAway(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  async comeBack(): Promise<void> {
    const server = createServer((req, res) => void this.answer(req, res).catch(() => res.destroy()));
    server.on('connection', () => this.connections++);
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    if ((server.address() as AddressInfo).port !== this.port) throw new Error('another port');
  }

  close(): Promise<void> {
    return this.goAway();
  }

  /** Without repeats, in the order in which they came first. */
  firsts(): Map<string, ReceivedEvent> {
    const firsts = new Map<string, ReceivedEvent>();
    for (const event of this.taken) if (!firsts.has(event.id)) firsts.set(event.id, event);
    return firsts;
  }

  get repeats(): number {
    return this.taken.length - new Set(this.taken.map(({ id }) => id)).size;
  }

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const events = this.verified(body, req);
    const fate = this.fateOf(events);
    if (fate === 'hang') return;
    if (fate === 'late') await delay(300);
    if (typeof fate === 'number' || fate === 'fail') {
      res.writeHead(fate === 'fail' ? 500 : fate).end('no');
      return;
    }
    this.taken.push(...events);
    if (fate === 'lost') res.destroy();
    else res.writeHead(204).end();
  }

  private verified(body: string, { headers }: IncomingMessage): readonly ReceivedEvent[] {
    if (this.secret !== undefined) {
      try {
        new Webhook(this.secret).verify(body, headers as Record<string, string>);
      } catch (error) {
        this.unsigned.push(String(error));
      }
    }
    return JSON.parse(body) as ReceivedEvent[];
  }
}
