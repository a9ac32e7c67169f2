import { connect } from 'node:net';

export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends bytes as they are and reads until the server closes; with `hangUp` the client closes as soon as they are sent. */
export const rawExchange = (port: number, bytes: Buffer, hangUp = false): Promise<RawAnswer> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(bytes, () => {
        if (hangUp) setTimeout(() => socket.destroy(), 20);
      });
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that refuses a body early may reset the connection under what is still being sent.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(parseAnswer(Buffer.concat(chunks).toString())));
  });

export const parseAnswer = (text: string): RawAnswer => {
  const split = text.indexOf('\r\n\r\n');
  const [line = '', ...fields] = text.slice(0, Math.max(split, 0)).split('\r\n');
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return { status: Number(line.split(' ')[1] ?? 0), headers: new Map(headers), body: text.slice(split + 4) };
};
