import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { turns } from './manual-clock.js';

export interface SseMessage {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** Reads server-sent events as a browser does, and keeps the text as it came. */
export class SseClient {
  text = '';
  lastId = '';
  ended = false;
  readonly messages: SseMessage[] = [];
  private taken = 0;

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.take(chunk));
    response.on('close', () => (this.ended = true));
    response.on('error', () => undefined);
  }

  static open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<SseClient> {
    return new Promise((resolve, reject) => {
      const accept = { accept: 'text/event-stream' };
      get(url, { headers: { ...accept, ...headers }, agent: false }, (response) =>
        resolve(new SseClient(response)),
      ).on('error', reject);
    });
  }

  get status(): number | undefined {
    return this.response.statusCode;
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  named(name: string): unknown[] {
    return this.messages.filter((message) => message.name === name).map(({ data }) => data);
  }

  /** Waits without a limit of its own: a test that waits in vain ends by the limit of the runner. */
  async until(condition: (client: SseClient) => boolean): Promise<this> {
    while (!condition(this)) await turns(1);
    return this;
  }

  untilNamed(name: string, count = 1): Promise<this> {
    return this.until((client) => client.named(name).length >= count);
  }

  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  /** The connection breaks without a word. */
  break(): void {
    this.response.destroy();
  }

  private take(chunk: string): void {
    this.text += chunk;
    for (;;) {
      const end = this.text.indexOf('\n\n', this.taken);
      if (end === -1) return;
      this.dispatch(this.text.slice(this.taken, end));
      this.taken = end + 2;
    }
  }

  private dispatch(block: string): void {
    let name = 'message';
    let data: string | undefined;
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      const value = line.slice(colon + 1).trimStart();
      if (line.startsWith('id:')) this.lastId = value;
      if (line.startsWith('event:')) name = value;
      if (line.startsWith('data:')) data = value;
    }
    if (data !== undefined) this.messages.push({ name, id: this.lastId, data: JSON.parse(data) as unknown });
  }
}
