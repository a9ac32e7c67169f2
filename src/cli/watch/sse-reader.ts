export interface SseMessage {
  readonly event: string;
  readonly data: string;
}

/** Reads a `text/event-stream` as it arrives, in pieces of any size. */
export class SseReader {
  /** Milliseconds to wait before connecting again, once the stream has said so. */
  retryMs: number | undefined;
  /** Where to go on from; it may come without anything to tell. */
  lastId: string | undefined;
  private rest = '';
  private id: string | undefined;
  private event = '';
  private data: string[] = [];

  *take(text: string): Generator<SseMessage> {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') yield* this.dispatch();
      else this.field(line);
    }
  }

  private field(line: string): void {
    const [, name, value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === 'data') this.data.push(value);
    else if (name === 'id') this.id = value;
    else if (name === 'event') this.event = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  private *dispatch(): Generator<SseMessage> {
    const { id, event, data } = this;
    if (id !== undefined && id !== '') this.lastId = id;
    this.id = undefined;
    this.event = '';
    this.data = [];
    if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
  }
}
