import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** `Sync`, the last of what the driver sends with each question. */
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

interface Line {
  readonly client: Socket;
  /** Undefined as long as there is no way to it. */
  server: Socket | undefined;
}

/** What has been asked to happen to the next chunk that fits; answers whether it did. */
type Trick = (line: Line, chunk: Buffer) => boolean;

/** A line to a server that does with connections what networks do. */
export class TcpProxy {
  private readonly lines = new Set<Line>();
  private readonly tricks = new Set<Trick>();
  private isHole = false;
  /** Everything that clients have sent. */
  bytes = 0;

  private constructor(
    private readonly listener: Server,
    private target: number,
  ) {
    listener.on('connection', (client) => this.open({ client, server: undefined }));
  }

  static async to(target: number): Promise<TcpProxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(listener, target);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.lines.size;
  }

  /** The same address by way of this proxy. */
  through(url: string): string {
    return url.replace(/:\d+\//, `:${this.port}/`);
  }

  /** Connections that are made from now on lead there. */
  turnTo(target: number): void {
    this.target = target;
  }

  /** Cuts all connections, or each with some probability. */
  cut(isMeant: () => boolean = () => true): void {
    for (const line of this.lines) if (isMeant()) end(line);
  }

  /** Nothing gets through any more, either way, and nobody is told. */
  swallow(): void {
    this.isHole = true;
    for (const { client, server } of this.lines) {
      client.pause();
      server?.pause();
    }
  }

  /** What was sent meanwhile arrives, as whoever sent it repeats it. */
  heal(): void {
    this.isHole = false;
    for (const line of this.lines) {
      if (line.server === undefined) this.connect(line);
      line.client.resume();
      line.server?.resume();
    }
  }

  /** The next one who says these words is cut off when the server has answered him: he does not know whether it was done. */
  loseAnswerTo(words: string): Promise<void> {
    return this.play((line, chunk) => {
      if (!chunk.includes(words)) return false;
      line.server!.removeAllListeners('data');
      line.server!.once('data', () => end(line));
      line.server!.write(chunk);
      return true;
    });
  }

  /** The next one who says these words is cut off before his last one, which the server waits for from then on. */
  loseSyncAfter(words: string): Promise<void> {
    return this.play((line, chunk) => {
      if (!chunk.includes(words) || !chunk.subarray(-SYNC.length).equals(SYNC)) return false;
      line.client.removeAllListeners('close');
      line.client.destroy();
      line.server!.write(chunk.subarray(0, -SYNC.length));
      return true;
    });
  }

  /** Each connection is cut when its client has sent so many bytes from now on. */
  cutAfter(bytesOf: () => number): void {
    for (const line of this.lines) {
      let left = bytesOf();
      line.client.on('data', (chunk) => {
        left -= chunk.length;
        if (left <= 0) end(line);
      });
    }
  }

  /** All connections are cut once more; those that are made from now on are left alone. */
  settle(): void {
    this.tricks.clear();
    this.cut();
  }

  async close(): Promise<void> {
    this.settle();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private play(trick: Trick): Promise<void> {
    return new Promise((resolve) => {
      const once: Trick = (line, chunk) => {
        if (!trick(line, chunk)) return false;
        this.tricks.delete(once);
        resolve();
        return true;
      };
      this.tricks.add(once);
    });
  }

  private open(line: Line): void {
    const { client } = line;
    this.lines.add(line);
    client.setNoDelay(true);
    client.on('error', () => undefined);
    client.on('close', () => {
      this.lines.delete(line);
      end(line);
    });
    if (this.isHole) client.pause();
    else this.connect(line);
  }

  private connect(line: Line): void {
    const { client } = line;
    const server = connect(this.target, '127.0.0.1').setNoDelay(true);
    line.server = server;
    server.on('error', () => undefined);
    server.on('close', () => client.destroy());
    server.on('data', (chunk) => client.write(chunk));
    client.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      if (![...this.tricks].some((trick) => trick(line, chunk))) server.write(chunk);
    });
  }
}

const end = ({ client, server }: Line): void => {
  client.destroy();
  server?.destroy();
};
