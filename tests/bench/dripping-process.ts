import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Connections that drip, made anew whenever the service closes them, and readers of the feed that never read:
 * `node dripping-process.js PORT COUNT`, then IPC.
 */
export type Kind = 'headers' | 'bodies';
/** How many were closed, and the seconds that one was open at most. */
export type Lives = Record<Kind, { closed: number; longest: number }>;

/** What is said at once; then a byte a second. */
const begins: Readonly<Record<Kind, string>> = {
  headers: 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Drip: ',
  bodies: 'POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n',
};
const follow = 'GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';
/** One of so many is a reader: megabytes of what it does not read stay in the system's memory. */
const READERS = 10;

const [, , port, count] = process.argv;
const lives: Lives = { headers: { closed: 0, longest: 0 }, bodies: { closed: 0, longest: 0 } };
const open = new Map<Socket, { readonly kind: Kind; readonly at: number }>();

const dial = (): Socket => connect({ port: Number(port), host: '127.0.0.1' }).on('error', () => undefined);

const drip = (kind: Kind): void => {
  const socket = dial();
  const at = performance.now();
  open.set(socket, { kind, at });
  socket.write(begins[kind]);
  // Who does not read does not see that he was hung up on.
  socket.resume();
  const timer = setInterval(() => socket.write('x'), 1000);
  socket.on('close', () => {
    clearInterval(timer);
    open.delete(socket);
    lives[kind].closed++;
    lived(kind, at);
    drip(kind);
  });
};

const lived = (kind: Kind, at: number): void => {
  lives[kind].longest = Math.max(lives[kind].longest, (performance.now() - at) / 1000);
};

const main = async (): Promise<void> => {
  for (let i = 0; i < Number(count); i++) {
    if (i % READERS === 0) dial().pause().write(follow);
    else drip(i % 2 === 0 ? 'headers' : 'bodies');
    // Not all in the same moment of every second.
    if (i % 20 === 0) await pause(10);
  }
  process.send?.('dripping');
};

process.on('message', () => {
  for (const { kind, at } of open.values()) lived(kind, at);
  process.send?.(lives);
});
process.on('disconnect', () => process.exit(0));
void main();
