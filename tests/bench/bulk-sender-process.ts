import { postLines } from './post-lines.js';
import { stream, wireOf } from './traffic.js';

/** Makes a bulk, says so, and sends it when told: `BULK=port,rockets,from,count`. */
const [port, rockets, from, count] = (process.env['BULK'] ?? '').split(',').map(Number);
const body = stream(count!, rockets!, from).map(wireOf).join('\n');

const finish = (code: number): void => process.exit(code);
process.on('message', () => {
  postLines(port!, body).then(
    () => finish(0),
    () => finish(1),
  );
});
process.send?.('ready');
