/** Two full reads of a socket: about 600 messages and 2 ms. A smaller budget costs throughput, a larger one latency. */
const BYTES_PER_TURN = 128 * 1024;

/**
 * What all NDJSON streams together may work through in one turn of the event loop, so that other requests get theirs
 * however many streams there are. What is beyond waits for the next turn, first come, first served.
 */
export class StreamTurns {
  private left: number;
  private isUnderWay = false;
  /** Who waits to go on, and with how much work. While anybody does, a turn is under way. */
  private readonly waiting = new Map<() => void, number>();

  constructor(private readonly bytesPerTurn = BYTES_PER_TURN) {
    this.left = bytesPerTurn;
  }

  /** Calls `go` at once, or in the turn in which it is next. The last one in a turn may be larger than what is left. */
  take(bytes: number, go: () => void): void {
    if (this.left > 0) this.grant(bytes, go);
    else this.waiting.set(go, bytes);
  }

  /** Whoever leaves while it waits is not called. */
  leave(go: () => void): void {
    this.waiting.delete(go);
  }

  private grant(bytes: number, go: () => void): void {
    if (!this.isUnderWay) setImmediate(this.begin);
    this.isUnderWay = true;
    this.left -= bytes;
    go();
  }

  private readonly begin = (): void => {
    this.isUnderWay = false;
    this.left = this.bytesPerTurn;
    for (const [go, bytes] of this.waiting) {
      if (this.left <= 0) return;
      this.waiting.delete(go);
      this.grant(bytes, go);
    }
  };
}
