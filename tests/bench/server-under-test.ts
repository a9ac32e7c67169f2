import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';

interface Usage {
  readonly cpu: NodeJS.CpuUsage;
  readonly rss: number;
  /** The longest stall of the event loop since the last question, in milliseconds. */
  readonly stallMs: number;
}

/** A server in a process of its own, whose processor time can be asked. */
export class ServerUnderTest {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** `node`: another one than ours. */
  static async start(
    kind: string,
    env: Readonly<Record<string, string>> = {},
    node = process.execPath,
  ): Promise<ServerUnderTest> {
    const child = fork(join(__dirname, 'server-process.js'), [kind], {
      env: { ...process.env, ...env },
      execPath: node,
      // As `make run` starts it: a larger young generation showed no difference for POST.
      execArgv: (process.env['SERVER_OPTIONS'] ?? '').split(' ').filter((option) => option !== ''),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new ServerUnderTest(child, port);
  }

  async usage(): Promise<Usage> {
    this.child.send('usage');
    const [usage] = (await once(this.child, 'message')) as [Usage];
    return usage;
  }

  async cpuMicros(): Promise<number> {
    const { cpu } = await this.usage();
    return cpu.user + cpu.system;
  }

  async stop(): Promise<void> {
    this.child.disconnect();
    await once(this.child, 'exit');
  }
}

/** POSTs each body over keep-alive connections, one request under way per connection; milliseconds it took. */
export const postAll = async (
  port: number,
  bodies: readonly string[],
  connections: number,
  /** Takes how long each request took, in milliseconds. */
  latencies?: number[],
): Promise<number> => {
  let next = 0;
  const began = performance.now();
  const client = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      let sentAt = 0;
      const send = (): void => {
        const body = bodies[next++];
        if (body === undefined) {
          socket.destroy();
          resolve();
          return;
        }
        sentAt = performance.now();
        socket.write(
          `POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
            `Content-Length: ${body.length}\r\n\r\n${body}`,
        );
      };
      socket.on('connect', send);
      socket.on('data', (data) => {
        if (data.toString('latin1', 9, 12) !== '202') reject(new Error(data.toString()));
        else {
          latencies?.push(performance.now() - sentAt);
          send();
        }
      });
      socket.on('error', reject);
    });
  await Promise.all(Array.from({ length: connections }, client));
  return performance.now() - began;
};
