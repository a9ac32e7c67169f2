import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, reasonOf } from '../failure.js';
import type { Output } from '../output.js';
import { explanation, objectIn, type ServiceClient } from '../service-client.js';
import { eventLine, noticeLine } from './event-line.js';
import { SseReader, type SseMessage } from './sse-reader.js';

export interface TailOptions {
  readonly channel?: string;
  readonly type?: string;
  /** A position, `start` or `latest`. */
  readonly after: string;
  readonly json?: boolean;
}

const RETRY_MS = 2000;

/** Prints the live feed until interrupted. A feed that breaks goes on where it stopped: nothing twice, nothing lost. */
export class Tail {
  private position: string | undefined;
  private retryMs = RETRY_MS;

  constructor(
    private readonly client: ServiceClient,
    private readonly options: TailOptions,
    private readonly output: Output,
    private readonly interrupt: AbortSignal,
  ) {}

  async run(): Promise<void> {
    let connected = false;
    while (!this.interrupt.aborted) {
      try {
        await this.follow(() => (connected = true));
        this.output.err('— the feed ended; connecting again —');
      } catch (error) {
        if (this.interrupt.aborted) return;
        // A service that was never there is a mistake to report; one that went away comes back.
        if (!connected || error instanceof Refused) throw error;
        this.output.err(`— ${reasonOf(error)}; connecting again —`);
      }
      await sleep(this.retryMs, undefined, { signal: this.interrupt }).catch(() => undefined);
    }
  }

  private async follow(onConnected: () => void): Promise<void> {
    const headers = {
      Accept: 'text/event-stream',
      ...(this.position === undefined ? {} : { 'Last-Event-ID': this.position }),
    };
    const query = this.query();
    const path = query.size === 0 ? 'events' : `events?${query}`;
    const response = await this.client.open(path, { headers, signal: this.interrupt });
    if (!response.ok || response.body === null) {
      const message = `The feed answered ${response.status}: ${explanation(await response.text())}`;
      throw response.status < 500 ? new Refused(message) : new Failure(message);
    }
    onConnected();
    const reader = new SseReader();
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      for (const message of reader.take(decoder.decode(chunk, { stream: true }))) this.show(message);
      this.position = reader.lastId ?? this.position;
      this.retryMs = reader.retryMs ?? this.retryMs;
    }
  }

  private query(): URLSearchParams {
    const { channel, type, after } = this.options;
    const query = new URLSearchParams();
    if (channel !== undefined) query.set('channel', channel);
    if (type !== undefined) query.set('type', type);
    if (this.position === undefined && after !== 'start') query.set('after', after);
    return query;
  }

  private show({ event, data }: SseMessage): void {
    const content = objectIn(data);
    if (content === undefined) return;
    if (event === 'message') return this.output.out(this.options.json ? data : eventLine(content));
    const notice = noticeLine(event, content);
    if (notice !== undefined) this.output.err(notice);
  }
}

/** The service will answer the same however often it is asked. */
class Refused extends Failure {}
