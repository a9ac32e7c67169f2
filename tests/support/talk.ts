import type { Socket } from 'node:net';

/** Sends a text over a new connection; everything that is answered until the service hangs up or has said so much. */
export const talkOver = (socket: Socket, text: string, enough: RegExp, halfClose = false): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    if (halfClose) socket.end(text);
    else socket.write(text);
    const done = (): void => {
      socket.destroy();
      resolve(said);
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      said += chunk;
      if (enough.test(said)) done();
    });
    socket.on('end', done);
    socket.on('error', reject);
  });
