/** Two full reads of a socket: about 600 messages and 2 ms. A smaller budget costs throughput, a larger one latency. */
const BYTES_PER_TURN = 128 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly stream: { readonly destroyed: boolean };
  readonly go: () => void;
}

/**
 * What all NDJSON streams together may work through in one turn of the event loop, so that other requests get theirs
 * however many streams there are. What is beyond waits for the next turn, first come, first served.
 */
export class StreamTurns {
  private left: number;
  private isUnderWay = false;
  /** While anybody waits, a turn is under way. */
  private waiting: Waiting[] = [];

  constructor(private readonly bytesPerTurn = BYTES_PER_TURN) {
    this.left = bytesPerTurn;
  }

  /** Resolves in this turn, or in the one in which it is next. The last one in a turn may be larger than what is left. */
  async take(bytes: number, stream: Waiting['stream']): Promise<void> {
    if (this.left > 0) this.grant(bytes);
    else await new Promise<void>((go) => this.waiting.push({ bytes, stream, go }));
  }

  private grant(bytes: number): void {
    if (!this.isUnderWay) setImmediate(this.begin);
    this.isUnderWay = true;
    this.left -= bytes;
  }

  private readonly begin = (): void => {
    this.isUnderWay = false;
    this.left = this.bytesPerTurn;
    let served = 0;
    for (const { bytes, stream, go } of this.waiting) {
      if (this.left <= 0) break;
      served++;
      // What a sender left behind costs nothing: it is not looked at.
      this.grant(stream.destroyed ? 0 : bytes);
      go();
    }
    this.waiting = this.waiting.slice(served);
  };
}
