import { Socket } from 'node:net';
import pg from 'pg';
import { StoreUnavailable } from '../../../application/ports/event-store.js';
import { sqlState } from './postgres-errors.js';

/** While somebody waits and nothing was heard for so long, the database is asked whether it is there. */
const QUIET_MS = 300;
/** So long it has to answer. */
const ANSWER_MS = 500;
/** One that is silent is asked again so much later. */
const AGAIN_MS = 250;
const STEP_MS = 50;

/**
 * Whether the database is there. What it was asked for may take long, so that alone proves nothing: when somebody waits and
 * nothing at all is heard, it is asked for nothing, on a connection of its own. As long as it does not answer that it is
 * silent: whoever waits is told so, his connection is given up, and whoever comes is told so at once. A service that is idle
 * asks nothing.
 */
export class Pulse {
  private readonly sockets = new Set<Socket>();
  private readonly probe: Probe;
  private waiting = 0;
  /** For how long nothing was heard. Time in which this process did not run is none: it could not have heard. */
  private quietMs = 0;
  private answers = 0;
  private silent = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(url: string | undefined) {
    this.probe = new Probe(url);
  }

  /** Makes the sockets of all connections, as the driver asks for them. */
  readonly socket = (): Socket => {
    const socket = this.silent ? new RefusedSocket() : new Socket();
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  };

  /** Somebody waits for the database. */
  begin(): void {
    if (this.waiting++ === 0 && !this.silent) this.quietMs = 0;
    this.timer ??= setInterval(() => this.step(), STEP_MS).unref();
  }

  /** He does no more; whether it answered. */
  end(answered: boolean): void {
    this.waiting--;
    if (answered) this.heard();
  }

  heard(): void {
    this.answers++;
    this.quietMs = 0;
    this.silent = false;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.probe.close();
  }

  private step(): void {
    if (this.waiting === 0 && !this.silent) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.quietMs += STEP_MS;
    if (this.probe.isAsking) this.probe.step();
    else if (this.quietMs >= QUIET_MS) void this.ask();
  }

  private async ask(): Promise<void> {
    const { answers } = this;
    if (await this.probe.isAnswered()) return this.heard();
    // Where nobody is let in any more, who is in may still be answered.
    if (this.answers > answers) return;
    this.quietMs = QUIET_MS - AGAIN_MS;
    this.silent = true;
    for (const socket of this.sockets) socket.destroy(silence());
  }
}

/** Asks for nothing, and gives up when that takes too long. */
class Probe {
  private readonly pool: pg.Pool;
  private socket: Socket | undefined;
  private askedMs: number | undefined;

  constructor(url: string | undefined) {
    this.pool = new pg.Pool({
      connectionString: url,
      application_name: 'rockets',
      max: 1,
      allowExitOnIdle: true,
      stream: () => (this.socket = new Socket()),
    });
    this.pool.on('error', () => undefined);
  }

  get isAsking(): boolean {
    return this.askedMs !== undefined;
  }

  async isAnswered(): Promise<boolean> {
    this.askedMs = 0;
    try {
      await this.pool.query('SELECT');
      return true;
    } catch (error) {
      return isAnswer(error);
    } finally {
      this.askedMs = undefined;
    }
  }

  step(): void {
    if (this.askedMs === undefined) return;
    this.askedMs += STEP_MS;
    if (this.askedMs >= ANSWER_MS) this.giveUp();
  }

  async close(): Promise<void> {
    if (this.isAsking) this.giveUp();
    await this.pool.end();
  }

  private giveUp(): void {
    this.socket?.destroy(silence());
  }
}

class RefusedSocket extends Socket {
  override connect(): this {
    process.nextTick(() => this.destroy(silence()));
    return this;
  }
}

const silence = (): StoreUnavailable => new StoreUnavailable('PostgreSQL does not answer.');

/** Who is refused is answered all the same, unless the database is about to start or to end. */
const isAnswer = (error: unknown): boolean => {
  const state = sqlState(error);
  return state !== undefined && !state.startsWith('57P') && !state.startsWith('08');
};
