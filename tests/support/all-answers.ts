import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends the packets, closes its half of the connection and reads until the other half is closed: every answer there is,
 * those in between left out. A live feed is left when it has begun.
 */
export const allAnswers = (
  port: number,
  packets: readonly Buffer[],
  toHead: boolean,
): Promise<WholeAnswer[]> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(
      { port, host: '127.0.0.1', allowHalfOpen: true },
      () => void send(socket, packets),
    );
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (chunk.includes('Content-Type: text/event-stream')) socket.destroy();
    });
    socket.on('end', () => socket.end());
    const late = setTimeout(() => socket.destroy(new Error('the connection stays open')), PATIENCE_MS);
    // A server that refuses a body early may reset the connection under what is still being sent.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === undefined ? reject(error) : undefined,
    );
    socket.on('close', () => {
      clearTimeout(late);
      try {
        resolve(answersIn(Buffer.concat(chunks), toHead));
      } catch (error) {
        reject(error as Error);
      }
    });
  });

/** As long as a service waits for a body, and more. */
const PATIENCE_MS = 8_000;

const send = async (socket: Socket, packets: readonly Buffer[]): Promise<void> => {
  socket.setNoDelay(true);
  for (const packet of packets) {
    socket.write(packet);
    await nextTurn();
  }
  socket.end();
};

const answersIn = (bytes: Buffer, toHead: boolean): WholeAnswer[] => {
  const answers: WholeAnswer[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`half an answer: ${rest.toString('latin1')}`);
    const [line = '', ...fields] = rest.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(fields.map(fieldOf));
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
    rest = rest.subarray(end + 4);
    if (status === 100) continue;
    // What was no request at all had no method either.
    const isBare =
      (toHead && !headers['x-request-id']?.startsWith('connection-')) || status === 204 || status === 304;
    const { body, length } = isBare ? { body: Buffer.alloc(0), length: 0 } : bodyIn(rest, headers);
    answers.push({ status, headers, body: decoded(body, headers).toString() });
    rest = rest.subarray(length);
  }
  return answers;
};

const fieldOf = (field: string): [string, string] => {
  const colon = field.indexOf(':');
  return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
};

const bodyIn = (bytes: Buffer, headers: WholeAnswer['headers']): { body: Buffer; length: number } => {
  const said = headers['content-length'];
  if (said !== undefined) {
    if (bytes.length < Number(said)) throw new Error(`${bytes.length} of ${said} bytes of a body`);
    return { body: bytes.subarray(0, Number(said)), length: Number(said) };
  }
  if (headers['transfer-encoding'] !== 'chunked') return { body: bytes, length: bytes.length };
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at);
    const size = parseInt(bytes.toString('latin1', at, end), 16);
    if (end < 0 || Number.isNaN(size)) throw new Error('a chunk without an end');
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
    if (size === 0) return { body: Buffer.concat(parts), length: at };
  }
};

const decoded = (body: Buffer, headers: WholeAnswer['headers']): Buffer => {
  switch (body.length > 0 && headers['content-encoding']) {
    case 'gzip':
      return gunzipSync(body);
    case 'br':
      return brotliDecompressSync(body);
    case 'deflate':
      return inflateSync(body);
    default:
      return body;
  }
};
