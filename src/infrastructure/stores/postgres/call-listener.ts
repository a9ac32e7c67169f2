import pg from 'pg';
import { Pause } from './pause.js';
import { listenerOf, type Call, type WakeUpCalls } from './wake-up-calls.js';

const CONNECT_TIMEOUT_MS = 3000;
/** After a connection that was lost. */
const AGAIN_AFTER_MS = 1000;
/** Where something stands between that keeps no connection for us, as PgBouncer does. */
const POOLED_AGAIN_AFTER_MS = 60_000;
const BACK_WITHIN_MS = 1000;
/** By then every other instance has found out that somebody listens. */
const KNOWN_AFTER_MS = 1500;
/** Something came without a call: so long nobody relies on them. */
const DOUBT_MS = 10_000;

/**
 * Hears the calls of other instances over a connection of its own, as long as somebody wants to know. A pooler would take
 * LISTEN and hand on nothing, or to others: so it is not said where the process at the server is not the one that the
 * connection was told of, and nobody relies on calls before one of our own came back.
 */
export class CallListener {
  /** Whoever waits for a call need not look often. */
  isReliable = false;
  private readonly wanted = new Map<Call, () => void>();
  private running = false;
  private isGone = true;
  private isBack = false;
  private readonly pause = new Pause();

  constructor(
    private readonly url: string | undefined,
    private readonly calls: WakeUpCalls,
  ) {}

  /** Until the function that is returned is called; one at a time for each kind. */
  on(call: Call, wake: () => void): () => void {
    this.wanted.set(call, wake);
    if (!this.running) void this.run();
    return () => {
      if (this.wanted.get(call) === wake) this.wanted.delete(call);
      if (this.wanted.size === 0) this.pause.end();
    };
  }

  /** Something has come for which there was no call. */
  doubt(): void {
    if (this.isReliable) this.pause.end();
  }

  close(): void {
    this.wanted.clear();
    this.pause.end();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.wanted.size > 0) {
      const isPooled = await this.listenOnce().catch(() => false);
      if (this.wanted.size > 0) await this.pause.take(isPooled ? POOLED_AGAIN_AFTER_MS : AGAIN_AFTER_MS);
    }
    this.running = false;
  }

  private async listenOnce(): Promise<boolean> {
    const client = this.newClient();
    try {
      return await this.listen(client);
    } finally {
      // A server that hangs would not say that it has ended: nobody waits for it.
      client.removeAllListeners('end');
      void client.end().catch(() => undefined);
    }
  }

  private newClient(): pg.Client {
    const client = new pg.Client({
      connectionString: this.url,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
    });
    this.isGone = false;
    client.on('error', () => undefined);
    client.on('end', () => {
      this.isGone = true;
      this.pause.end();
    });
    client.on('notification', ({ payload = '' }) => this.hear(payload));
    return client;
  }

  /** Answers, when it is over, whether something stands between. */
  private async listen(client: pg.Client): Promise<boolean> {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    if (rows[0]?.pid !== Reflect.get(client, 'processID')) return true;
    await client.query(`SET application_name = '${listenerOf(this.calls.instance)}'`);
    await client.query(`LISTEN "${this.calls.channel}"`);
    for (let wait = KNOWN_AFTER_MS; this.isWanted && (await this.comesBack()); wait = DOUBT_MS) {
      await this.pause.take(wait);
      this.isReliable = this.isWanted;
      if (this.isReliable) await this.pause.take();
      this.isReliable = false;
    }
    return false;
  }

  private get isWanted(): boolean {
    return this.wanted.size > 0 && !this.isGone;
  }

  private async comesBack(): Promise<boolean> {
    this.isBack = false;
    await this.calls.callBack();
    if (!this.isBack) await this.pause.take(BACK_WITHIN_MS);
    return this.isBack;
  }

  private hear(payload: string): void {
    const [instance, call] = payload.split(' ');
    if (instance !== this.calls.instance) return this.wanted.get(call as Call)?.();
    if (call !== 'echo') return;
    this.isBack = true;
    this.pause.end();
  }
}
