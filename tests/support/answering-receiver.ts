import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedPost {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Which of the connections it came by, from 1 on. */
  readonly connection: number;
}

/** A receiver on this machine that answers as a test says; without a word it says yes. */
export const startReceiver = async (
  answer: (res: ServerResponse, post: ReceivedPost) => void = (res) => void res.writeHead(204).end(),
) => {
  const posts: ReceivedPost[] = [];
  const sockets = new Set<Socket>();
  const numbers = new WeakMap<Socket, number>();
  let connections = 0;
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = req;
    const body = Buffer.concat(chunks).toString();
    const post = { method, path, headers, body, connection: numbers.get(req.socket)! };
    posts.push(post);
    answer(res, post);
  });
  server.on('connection', (socket) => {
    numbers.set(socket, ++connections);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    posts,
    port,
    url: `http://127.0.0.1:${port}/hook`,
    get connections() {
      return connections;
    },
    /** That are open. */
    sockets,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;
