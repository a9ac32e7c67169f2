import { connect } from 'node:net';
import { percentile } from './measure.js';

/** A live reader that notes how old events are when they come: `node lag-reader-process.js PORT`, then IPC. */
const port = Number(process.argv[2]);

let events = 0;
let start = 0;
let disorder = 0;
let rest = '';
let live = false;
const lags: number[] = [];
const numbers = new Map<string, number>();

const take = (line: string): void => {
  if (line.includes('"recordedAt":"')) takeEvent(line);
  else if (!live && line.includes('"position":"')) {
    live = true;
    start = Number(/"position":"[^-]*-(\d+)/.exec(line)?.[1]);
    process.send?.('live');
  }
};

/** Cut out instead of parsed: the reader shares the machine with what it measures. */
const takeEvent = (line: string): void => {
  events++;
  const at = line.lastIndexOf('"recordedAt":"') + 14;
  lags.push(Date.now() - Date.parse(line.slice(at, at + 24)));
  const channel = line.slice(line.indexOf('"channel":"') + 11, line.indexOf('","number":'));
  const number = parseInt(line.slice(line.indexOf('"number":') + 9), 10);
  if (number <= (numbers.get(channel) ?? 0)) disorder++;
  numbers.set(channel, number);
};

const socket = connect(port, '127.0.0.1', () =>
  socket.write('GET /events?after=latest HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n'),
);
socket.setEncoding('latin1');
socket.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) if (line.startsWith('data: ')) take(line);
});

process.on('message', (question) => {
  if (question === 'start') process.send?.(start);
  else process.send?.({ events, lagP99: percentile(lags, 0.99) || 0, disorder });
});
process.on('disconnect', () => process.exit(0));
