import http from 'node:http';
import https from 'node:https';
import type { AddressGuard } from './address-guard.js';
import type { Answer } from './verdict.js';

/** Of an answer so much is read, and its beginning kept. */
const MOST_READ = 64 * 1024;
const MOST_KEPT = 4096;
/** Of what waits for the next request and is silent meanwhile. */
const IDLE_MS = 60_000;
const MOST_IDLE = 2;

/** Posts to one address over connections that are kept, each to an address that was checked. */
export class Poster {
  private readonly agent: http.Agent;
  private readonly request: typeof http.request;

  constructor(
    private readonly url: URL,
    private readonly guard: Pick<AddressGuard, 'requireAddress' | 'lookup'>,
  ) {
    const { Agent, request } = url.protocol === 'https:' ? https : http;
    const options = { keepAlive: true, maxFreeSockets: MOST_IDLE, timeout: IDLE_MS, lookup: guard.lookup };
    this.agent = new Agent(options);
    this.request = request;
  }

  /** Rejects when there was no answer, at the latest when `ended` is aborted. */
  async post(headers: http.OutgoingHttpHeaders, body: Buffer, ended: AbortSignal): Promise<Answer> {
    this.guard.requireAddress(this.url);
    try {
      return await this.once(headers, body, ended);
    } catch (error) {
      // The receiver closed what was kept, just as it was used again: that says nothing about what was sent.
      if (!(error instanceof KeptTooLong) || ended.aborted) throw error;
      return this.once(headers, body, ended);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private once(headers: http.OutgoingHttpHeaders, body: Buffer, ended: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = this.request(this.url, {
        method: 'POST',
        agent: this.agent,
        headers: { ...headers, 'content-length': body.length },
      });
      let isAnswered = false;
      const cut = (): void => void req.destroy(ended.reason as Error);
      ended.addEventListener('abort', cut);
      if (ended.aborted) cut();
      req.on('close', () => {
        ended.removeEventListener('abort', cut);
        if (!isAnswered) reject(new Error('The connection was closed.'));
      });
      req.on('error', (error: NodeJS.ErrnoException) => {
        if (isAnswered) return;
        const isClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        reject(req.reusedSocket && isClosed ? new KeptTooLong(error.message) : error);
      });
      req.on('response', (res) => {
        isAnswered = true;
        read(res, resolve);
      });
      req.on('upgrade', (_, socket) => {
        socket.destroy();
        reject(new Error('The receiver wants to speak another protocol.'));
      });
      req.end(body);
    });
  }
}

class KeptTooLong extends Error {}

/** The head alone decides: an answer whose end does not come, or not in time, is one all the same. */
const read = (res: http.IncomingMessage, told: (answer: Answer) => void): void => {
  const { statusCode: status = 0, headers } = res;
  const kept: Buffer[] = [];
  let bytes = 0;
  res.on('data', (chunk: Buffer) => {
    if (bytes < MOST_KEPT) kept.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_READ) res.destroy();
  });
  res.on('error', () => undefined);
  res.on('close', () => {
    const text = Buffer.concat(kept).subarray(0, MOST_KEPT).toString();
    told({ status, headers, text });
  });
};
