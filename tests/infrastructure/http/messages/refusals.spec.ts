import type { ServerResponse } from 'node:http';
import { Problem } from '../../../../src/infrastructure/http/problem.js';
import { Refusals } from '../../../../src/infrastructure/http/messages/refusals.js';
import { turns } from '../../../support/manual-clock.js';

it('tells those for whom there is no room only when the loop has come round, all together', async () => {
  const told: string[] = [];
  const res = {
    writeHead: () => undefined,
    end: (body: string) => told.push(body),
  } as unknown as ServerResponse;
  const refusals = new Refusals();
  const problem = new Problem('overloaded', 'no room');
  refusals.add(res, problem, 'one');
  refusals.add(res, problem, 'two');
  await Promise.resolve();
  expect(told).toEqual([]);
  await turns(1);
  refusals.add(res, problem, 'three');
  expect(told.map((body) => JSON.parse(body) as unknown)).toMatchObject([
    { status: 503, requestId: 'one' },
    { status: 503, requestId: 'two' },
  ]);
  await turns(1);
  expect(told).toHaveLength(3);
});
