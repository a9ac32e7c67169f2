export interface Reply {
  readonly status: number;
  /** The `Rocket-Outcome` header. */
  readonly outcome: string | undefined;
  readonly empty: boolean;
  /** The connection may carry another request once this reply, body and all, has passed. */
  readonly reusable: boolean;
}

const MAX_HEAD = 65_536;
const UNTIL_CLOSE = -1;

/**
 * Reads just enough HTTP/1.1 for a sender that ignores bodies: a tenth of the work of Node's own client, which would
 * otherwise be the bottleneck of every measurement. A body of unknown length (chunked, or until the connection
 * closes) is not read; such a connection is not used again.
 */
export class ReplyReader {
  private head = '';
  private reply: Reply | undefined;
  private bodyLeft = 0;

  /** Takes what arrived; answers the reply once all of it is there. Throws on anything that is not HTTP. */
  take(chunk: Buffer): Reply | undefined {
    if (this.reply !== undefined) return this.skipBody(chunk.length);
    this.head += chunk.toString('latin1');
    const end = this.head.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.head.length > MAX_HEAD) throw new Error('The head of the reply does not end.');
      return undefined;
    }
    const rest = this.head.length - end - 4;
    const head = this.head.slice(0, end);
    const status = statusOf(head);
    if (status < 200) {
      // An interim reply, as 103: the real one follows.
      this.head = '';
      return rest === 0 ? undefined : this.take(chunk.subarray(chunk.length - rest));
    }
    this.head = '';
    this.begin(head, status);
    return this.skipBody(rest);
  }

  private begin(head: string, status: number): void {
    this.bodyLeft = status === 204 || status === 304 ? 0 : bodyLength(head);
    this.reply = {
      status,
      outcome: /\r\nrocket-outcome: *([^\r]*)/i.exec(head)?.[1],
      empty: this.bodyLeft === 0,
      reusable: this.bodyLeft !== UNTIL_CLOSE && !/\r\nconnection: *close/i.test(head),
    };
  }

  private skipBody(bytes: number): Reply | undefined {
    if (this.bodyLeft > bytes) {
      this.bodyLeft -= bytes;
      return undefined;
    }
    const reply = this.reply;
    this.reply = undefined;
    return reply;
  }
}

const statusOf = (head: string): number => {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
  if (Number.isNaN(status)) throw new Error('The reply is not HTTP/1.1.');
  return status;
};

const bodyLength = (head: string): number => {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length === undefined ? UNTIL_CLOSE : Number(length);
};
