import { connect, type Socket } from 'node:net';

/** Many readers of one feed in a process of their own: `node feed-readers-process.js PORT COUNT`, then IPC. */
const port = Number(process.argv[2]);
const count = Number(process.argv[3]);

let bytes = 0;
let lost = 0;

const follow = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        'GET /events?after=latest HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n',
      ),
    );
    let live = false;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (live || !chunk.includes('caught-up')) return;
      live = true;
      resolve(socket);
    });
    socket.on('close', () => lost++);
    socket.on('error', reject);
  });

const main = async (): Promise<void> => {
  for (let i = 0; i < count; i += 100) {
    await Promise.all(Array.from({ length: Math.min(100, count - i) }, follow));
  }
  process.on('message', () => process.send?.({ bytes, lost }));
  process.on('disconnect', () => process.exit(0));
  process.send?.('live');
};

void main();
