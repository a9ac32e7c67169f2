import type { Socket } from 'node:net';

/** Reading so many takes a few milliseconds, however small they are … */
const PIECES_PER_TURN = 4096;
/** … while the bytes of a larger one are what counts. */
const SMALL_PIECE = 1024;

/**
 * Into how many pieces a body is cut its sender decides, and a piece of one byte takes as long to read as a thousand bytes. All
 * senders together have one share of each turn of the event loop; when it is used, their sockets rest and go on one by one.
 */
export class PieceTurns {
  private readonly senders = new Set<PieceSender>();
  private readonly held: PieceSender[] = [];
  private left: number;
  private isUnderWay = false;

  constructor(private readonly perTurn = PIECES_PER_TURN) {
    this.left = perTurn;
  }

  join(socket: Socket): PieceSender {
    const sender = new PieceSender(socket, this);
    this.senders.add(sender);
    if (this.left <= 0) this.hold(sender);
    return sender;
  }

  leave(sender: PieceSender): void {
    this.senders.delete(sender);
  }

  take(): void {
    this.left--;
    if (this.left === 0) for (const sender of this.senders) this.hold(sender);
    if (!this.isUnderWay) this.nextTurn();
  }

  private hold(sender: PieceSender): void {
    if (sender.isHeld) return;
    sender.hold(true);
    this.held.push(sender);
  }

  private nextTurn(): void {
    this.isUnderWay = true;
    setImmediate(this.begin);
  }

  private readonly begin = (): void => {
    this.left = this.perTurn;
    this.isUnderWay = false;
    const next = this.held.shift();
    if (next === undefined) return;
    next.hold(false);
    this.nextTurn();
  };
}

/** One who sends in pieces. His socket rests while it is not his turn, or nobody takes what he sends. */
export class PieceSender {
  isHeld = false;
  private isFull = false;
  private isResting = false;

  constructor(
    private readonly socket: Socket,
    private readonly turns: PieceTurns,
  ) {
    socket.on('resume', this.restOn);
  }

  came(bytes: number): void {
    if (bytes < SMALL_PIECE) this.turns.take();
  }

  /** Whether nobody takes more of it now. */
  fill(isFull: boolean): void {
    this.isFull = isFull;
    this.settle();
  }

  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    this.settle();
  }

  leave(): void {
    this.turns.leave(this);
    this.isFull = false;
    this.hold(false);
    this.socket.off('resume', this.restOn);
  }

  private settle(): void {
    const shallRest = this.isHeld || this.isFull;
    if (shallRest === this.isResting) return;
    this.isResting = shallRest;
    if (shallRest) this.socket.pause();
    else this.socket.resume();
  }

  /** Node lets it go on after each piece, and would read two megabytes before anybody else has a turn. */
  private readonly restOn = (): void => {
    if (this.isResting) this.socket.pause();
  };
}
