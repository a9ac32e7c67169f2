import type { Express, Request, Response } from 'express';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Budget } from '../../application/budget.js';
import type { Certificate } from './certificate.js';
import { createExpressServer } from './native-prototypes.js';
import { oneAtATime } from './one-at-a-time.js';
import { closing, commonHeaders, Problem, problemBody, sendProblem } from './problem.js';
import { problems } from './problems.js';
import { requestIdOf } from './request-id.js';

export interface ServerLimits {
  readonly maxConnections: number;
  readonly budget: Budget;
}

/** The socket side of the service: time limits for clients that drip, answers to what is not HTTP, an orderly end. */
export class RocketsServer {
  private readonly server: Server | SecureServer;
  /** Connections that speak no TLS yet, which Node's server does not know of. */
  private readonly unsecured = new Map<string, Socket>();
  private stopWatching = (): void => undefined;

  constructor(
    app: Express,
    limits: ServerLimits,
    private readonly certificate?: Certificate,
  ) {
    this.server = createExpressServer(
      app,
      {
        headersTimeout: 5000,
        // Bodies have their own limits: a message must arrive within seconds, an NDJSON stream may last for hours.
        requestTimeout: 0,
        connectionsCheckingInterval: 1000,
        keepAliveTimeout: 5000,
        maxHeaderSize: 16 * 1024,
        // Node's own refusal has no body; ours has.
        requireHostHeader: false,
        ...(certificate && { ...certificate.pair, allowHalfOpen: true, handshakeTimeout: HANDSHAKE_MS }),
      },
      oneAtATime(limits.budget, (req, res) => {
        (req.socket as HttpSocket).asked = req;
        if (lacksHost(req)) refuseHostless(req, res);
        else app(req as Request, res as Response, () => refuseUnrouted(req, res));
      }),
    );
    // Who has sent all he has to say may close that half and still wait for the answer.
    Object.assign(this.server, { httpAllowHalfOpen: true });
    this.server.on(certificate === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      letGo(socket);
      hearOut(socket);
    });
    if (certificate !== undefined) this.knowUnsecured();
    this.server.maxConnections = limits.maxConnections;
    this.server.on('clientError', refuseMalformed);
    // An expectation nobody knows changes nothing about the request.
    this.server.on('checkExpectation', (req, res) => this.server.emit('request', req, res));
  }

  listen(port: number, host: string | undefined): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host, backlog: 4096 }, () => {
        this.server.removeListener('error', reject);
        this.watchCertificate();
        resolve(this.server.address() as AddressInfo);
      });
    });
  }

  /** No new connections; resolves when every answer under way is sent, or after `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.stopWatching();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.unsecured.values()) socket.destroy();
    const sweep = setInterval(() => this.server.closeIdleConnections(), 50);
    const force = setTimeout(() => this.server.closeAllConnections(), timeoutMs);
    this.server.closeIdleConnections();
    await closed;
    clearInterval(sweep);
    clearTimeout(force);
  }

  /** Those of clients that are open. */
  get connections(): Promise<number> {
    return new Promise((resolve) => this.server.getConnections((_error, count) => resolve(count)));
  }

  private watchCertificate(): void {
    const { server, certificate } = this;
    if (certificate === undefined || !(server instanceof SecureServer)) return;
    this.stopWatching = certificate.watch((pair) => server.setSecureContext(pair));
  }

  private knowUnsecured(): void {
    this.server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      this.unsecured.set(peer, socket);
      socket.once('close', () => this.unsecured.delete(peer));
    });
    this.server.on('secureConnection', (socket: Socket) => this.unsecured.delete(peerOf(socket)));
  }
}

const HANDSHAKE_MS = 5000;

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * Whether somebody who sends no more waits for an answer or has gone, TCP does not tell before something is sent to him. What
 * was reported is worked off in any case; a question is answered for a moment longer, so that those who have gone keep nobody
 * waiting. What is answered already he may take as slowly as anybody else.
 */
const letGo = (socket: HttpSocket): void => {
  socket.once('end', () => {
    let { bytesWritten } = socket;
    const check = setInterval(() => {
      const answer = socket._httpMessage;
      const isUnderWay = answer?.writableEnded === true || socket.bytesWritten > bytesWritten;
      if (answer?.req.method !== 'POST' && !isUnderWay) socket.destroy();
      bytesWritten = socket.bytesWritten;
    }, PATIENCE_MS).unref();
    socket.once('close', () => clearInterval(check));
  });
};

/**
 * Where a connection ends with an answer, that may be told before all that was asked has come: as soon as the connection is
 * closed, what still comes would take the answer from whoever has not read it. So it is read for a moment, and forgotten.
 */
const hearOut = (socket: HttpSocket): void => {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    const { asked } = socket;
    if (asked === undefined || asked.complete) return destroySoon();
    const giveUp = setTimeout(destroySoon, LAST_WORDS_MS).unref();
    asked.once('close', () => {
      clearTimeout(giveUp);
      destroySoon();
    });
    socket.end();
    asked.resume();
  };
};

const PATIENCE_MS = 500;

const lacksHost = ({ headers, httpVersion }: IncomingMessage): boolean =>
  headers.host === undefined && httpVersion === '1.1';

/** A target as `/\\rockets#@` has no path that any route could be asked about. */
const refuseUnrouted = (req: IncomingMessage, res: ServerResponse): void => {
  if (res.headersSent) req.socket.destroy();
  else refuse(req, res, 'The path is none that a URL can have.');
};

const refuseHostless = (req: IncomingMessage, res: ServerResponse): void =>
  refuse(req, res, 'An HTTP/1.1 request has a Host header.');

const refuse = (req: IncomingMessage, res: ServerResponse, detail: string): void =>
  sendProblem(res, new Problem('malformed-request', detail, undefined, closing), requestIdOf(req));

/** What Node could not read as HTTP, or not in time, never reaches Express; it gets a problem all the same. */
const refuseMalformed = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  // More of it may still come in.
  if (refused.has(socket)) return;
  refused.add(socket);
  void sendRefusal(malformed(error.code), socket);
};

const LONGEST_ANSWER_MS = 10_000;
const LAST_WORDS_MS = 1000;
const refused = new WeakSet<Socket>();

/** Behind the answers to what was well-formed before it on the same connection, unless they take too long. */
const sendRefusal = async (problem: Problem, socket: HttpSocket): Promise<void> => {
  const giveUp = setTimeout(() => socket.destroy(), LONGEST_ANSWER_MS).unref();
  for (let answer = socket._httpMessage; answer?.req.complete; answer = socket._httpMessage) {
    await new Promise((resolve) => answer?.once('close', resolve));
    // Node gives the connection to the next answer in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  clearTimeout(giveUp);
  if (!socket.writable) return void socket.destroy();
  const { status, title } = problems[problem.code];
  const requestId = `connection-${socket.remotePort ?? 0}`;
  const body = problemBody(problem, requestId);
  const headers = Object.entries({
    'Content-Type': 'application/problem+json; charset=utf-8',
    'X-Request-Id': requestId,
    ...commonHeaders,
    ...closing,
    'Content-Length': Buffer.byteLength(body),
  });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines}\r\n${body}`);
  // Cut off while it sends, a client might not see the answer; one that goes on sending all the same is not heard for ever.
  setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref();
};

/** A connection as Node's server has it, with the answer that is being sent. */
type HttpSocket = Socket & {
  readonly _httpMessage?: ServerResponse | null;
  /** What was asked on it last. */
  asked?: IncomingMessage;
};

const malformed = (code: string | undefined): Problem => {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem('header-too-large', 'The headers are larger than 16 KiB.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Problem('request-timeout', 'The headers did not arrive within 5 seconds.');
  }
  return new Problem('malformed-request', 'The bytes on this connection are not an HTTP/1.1 request.');
};
