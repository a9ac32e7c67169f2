import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Bodies that are cut into pieces of one byte, all at once: `node pieces-process.js PORT KIND COUNT`, sent when told. */
const [, , port, kind, count] = process.argv;
const type = kind === 'streams' ? 'Content-Type: application/x-ndjson\r\n' : '';
const head = `POST /messages HTTP/1.1\r\nHost: localhost\r\n${type}Transfer-Encoding: chunked\r\n\r\n`;
const pieces = '1\r\nx\r\n'.repeat(60_000);

const open = async (): Promise<void> => {
  const sockets = Array.from({ length: Number(count) }, () => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    socket.resume().write(head);
    return socket;
  });
  await pause(500);
  process.send?.('ready');
  process.on('message', () => {
    for (const socket of sockets) socket.write(pieces);
  });
};

process.on('disconnect', () => process.exit(0));
void open();
