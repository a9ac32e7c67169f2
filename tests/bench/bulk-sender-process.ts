import { postLines } from './post-lines.js';
import { shuffled, stream, wireOf } from './traffic.js';

/** Makes a bulk, says so, and sends it when told, dealt out to so many streams: `BULK=port,rockets,from,count,streams,window`. */
const [port, rockets, from, count, streams, window] = (process.env['BULK'] ?? '').split(',').map(Number);
const lines = shuffled(stream(count!, rockets!, from).map(wireOf), window!);
const bodies = Array.from({ length: streams! }, (_, i) =>
  lines.filter((_line, at) => at % streams! === i).join('\n'),
);

const finish = (code: number): void => process.exit(code);
process.on('message', () => {
  Promise.all(bodies.map((body) => postLines(port!, body))).then(
    () => finish(0),
    () => finish(1),
  );
});
process.send?.('ready');
