import type { Request } from 'express';
import { PassThrough } from 'node:stream';
import { untilRead } from '../../../src/infrastructure/http/json-body.js';

const body = (): PassThrough & Request => new PassThrough() as PassThrough & Request;

it('a body in which nothing is said is waited for no longer than any other', async () => {
  const dripping = body();
  dripping.write('x');
  await expect(untilRead(dripping, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'request-timeout' });
});

it('whatever it is, it is read to its end', async () => {
  const whole = body();
  whole.end('anything');
  await untilRead(whole, { timeoutMs: 60_000 });
  expect(whole.readableEnded).toBe(true);
});

it('of what breaks off nothing may come', async () => {
  const broken = body();
  const reading = untilRead(broken, { timeoutMs: 60_000 });
  broken.destroy();
  await expect(reading).rejects.toThrow('The client has gone.');
});
