import net from 'node:net';
import tls from 'node:tls';
import { credential } from '../service-client.js';
import { ReplyReader, type Reply } from './reply-reader.js';

/**
 * When a connection carries a second message. `official`: after an empty reply only. The official program never reads
 * bodies, and Go's HTTP client cannot use a connection again on which an unread body lies.
 */
export const connectionManners = ['official', 'per-message', 'keep-alive'] as const;
export type ConnectionManner = (typeof connectionManners)[number];

export class NoReplyInTime extends Error {}

/** The official program's client gives up after this long and sends the message again. */
const REPLY_TIMEOUT_MS = 10_000;

export interface Target {
  readonly url: URL;
  readonly manner: ConnectionManner;
  readonly apiKey?: string;
  readonly timeoutMs?: number;
}

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** One lane of the sender: posts a message, waits for the reply, posts the next one. */
export class MessageConnection {
  private socket: net.Socket | undefined;
  private reader = new ReplyReader();
  private pending: Pending | undefined;
  private readonly head: string;
  connectionsOpened = 0;

  constructor(private readonly target: Target) {
    const { url, manner, apiKey } = target;
    // No Accept header, as the official program: a service that knows it answers without a body.
    const lines = [
      `POST ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      'User-Agent: rockets-launch/1.0',
      'Content-Type: application/json',
      ...Object.entries(credential(apiKey)).map(([name, value]) => `${name}: ${value}`),
      ...(manner === 'per-message' ? ['Connection: close'] : []),
      'Content-Length: ',
    ];
    this.head = lines.join('\r\n');
  }

  post(body: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
      this.socket ??= this.open();
      this.socket.write(`${this.head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.fail(closedEarly());
  }

  private open(): net.Socket {
    const { url, timeoutMs = REPLY_TIMEOUT_MS } = this.target;
    const socket = connect(url);
    this.reader = new ReplyReader();
    this.connectionsOpened++;
    socket.setNoDelay(true);
    socket.setTimeout(timeoutMs);
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('timeout', () => {
      // Idle between two messages is not late.
      if (this.pending) this.fail(new NoReplyInTime(`No reply within ${timeoutMs} ms.`));
    });
    socket.on('error', (error) => this.isCurrent(socket) && this.fail(error));
    socket.on('close', () => this.isCurrent(socket) && this.fail(closedEarly()));
    return socket;
  }

  private isCurrent(socket: net.Socket): boolean {
    return this.socket === socket;
  }

  private take(chunk: Buffer): void {
    if (this.pending === undefined) return;
    try {
      const reply = this.reader.take(chunk);
      if (reply) this.settle(reply);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private settle(reply: Reply): void {
    const { manner } = this.target;
    const keeps = manner === 'keep-alive' || (manner === 'official' && reply.empty);
    if (!keeps || !reply.reusable) this.drop();
    const pending = this.pending;
    this.pending = undefined;
    pending?.resolve(reply);
  }

  private fail(error: Error): void {
    this.drop();
    const pending = this.pending;
    this.pending = undefined;
    pending?.reject(error);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = undefined;
    socket?.destroy();
  }
}

const closedEarly = (): Error => new Error('closed before the reply');

const connect = (url: URL): net.Socket => {
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return secure
    ? tls.connect({ host, port, servername: net.isIP(host) === 0 ? host : undefined })
    : net.connect({ host, port });
};

/** Fails when nothing listens at the URL. */
export const probe = (url: URL): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(url);
    socket.setTimeout(REPLY_TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('error', reject);
    socket.on(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      socket.destroy();
      resolve();
    });
  });
