import {
  Agent,
  createServer,
  request,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';

const LOOK_EVERY_MS = 200;
const LONGEST_LOOK_MS = 1500;

/**
 * As small as a balancer can be: one instance after the other, of those that say they are ready. What an instance did not
 * answer is asked at the next one where that is safe. Bodies are held in memory.
 */
export class Balancer {
  private readonly server = createServer((req, res) => void this.serve(req, res));
  private readonly instances: readonly Instance[];
  private looking: NodeJS.Timeout | undefined;
  private turn = 0;

  /** `tell` hears of each instance that comes or goes. */
  constructor(ports: readonly number[], tell: (port: number, state: State) => void) {
    this.instances = ports.map((port) => new Instance(port, tell));
  }

  async listen(port: number): Promise<void> {
    await this.look();
    this.looking = setInterval(() => void this.look(), LOOK_EVERY_MS);
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  close(): void {
    clearInterval(this.looking);
    this.server.close();
    this.server.closeAllConnections();
    for (const instance of this.instances) instance.leave();
  }

  private look(): Promise<unknown> {
    return Promise.all(this.instances.map((instance) => instance.look()));
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req).catch(() => undefined);
    if (body === undefined) return;
    for (const instance of this.inTurn()) {
      const answer = await instance.ask(req, body).catch(() => undefined);
      if (answer !== undefined && answer.statusCode !== 503) {
        res.writeHead(answer.statusCode!, answer.headers);
        return void pipeline(answer, res, () => undefined);
      }
      answer?.resume();
      if (!isSafeTwice(req)) break;
    }
    res.writeHead(503, { 'Retry-After': '1' }).end();
  }

  private inTurn(): Instance[] {
    const ready = this.instances.filter(({ state }) => state === 'ready');
    const first = this.turn++ % Math.max(1, ready.length);
    return [...ready.slice(first), ...ready.slice(0, first)];
  }
}

/** A message that comes twice is a duplicate, and changes nothing. */
const isSafeTwice = ({ method, url }: IncomingMessage): boolean =>
  method === 'GET' || method === 'HEAD' || (method === 'POST' && url === '/messages');

/** `busy`: it answers, and wants nothing more; `silent`: nothing that it was asked will be answered soon. */
export type State = 'ready' | 'busy' | 'silent';

class Instance {
  state: State = 'silent';
  private isLooking = false;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly asked = new Set<ClientRequest>();

  constructor(
    private readonly port: number,
    private readonly tell: (port: number, state: State) => void,
  ) {}

  async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    const signal = AbortSignal.timeout(LONGEST_LOOK_MS);
    const state = await fetch(`http://127.0.0.1:${this.port}/readyz`, { signal }).then(
      ({ ok }): State => (ok ? 'ready' : 'busy'),
      (): State => 'silent',
    );
    this.isLooking = false;
    if (state !== this.state) this.tell(this.port, state);
    this.state = state;
    // Readers of the live feed, too, are better off elsewhere.
    if (state === 'silent') this.leave();
  }

  ask({ method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { port, agent } = this;
      const passed = { ...withoutHop(headers), ...(body.length > 0 && { 'content-length': body.length }) };
      const one = request({ host: '127.0.0.1', port, agent, method, path: url, headers: passed }, resolve);
      this.asked.add(one);
      one.once('error', reject).once('close', () => this.asked.delete(one));
      one.end(body);
    });
  }

  leave(): void {
    for (const one of this.asked) one.destroy();
  }
}

/** Without what holds for one connection only. */
const withoutHop = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const passed = { ...headers };
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'expect']) delete passed[name];
  return passed;
};
