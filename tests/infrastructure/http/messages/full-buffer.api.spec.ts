import { once } from 'node:events';
import { connect } from 'node:net';
import { parts } from '../../../../src/container.js';
import { parseAnswer } from '../../../support/raw-exchange.js';
import { startService } from '../../../support/test-service.js';

it('refuses a message before its body has come when there is no room for any', async () => {
  const service = await startService({ BUFFER_MESSAGES: '1' });
  const arrival = { bytes: 200, settle: () => undefined, fail: () => undefined };
  const message = {
    channel: 'unnoticed',
    number: 1,
    time: '2026-10-01T17:39:42Z',
    report: { type: 'RocketExploded' as const, data: { reason: 'FROZEN_O_RINGS' } },
  };
  service.container.get(parts.buffer).offer({ ...arrival, message });
  const socket = connect(service.port, '127.0.0.1');
  socket.write('POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n');
  const [said] = (await once(socket, 'data')) as [Buffer];
  const { status, headers, body } = parseAnswer(said.toString());
  expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  expect(JSON.parse(body)).toMatchObject({ type: '/problems/overloaded' });
  expect(service.container.get(parts.counters).messages).toMatchObject({ received: 1, shed: 1 });
  socket.destroy();
  service.container.get(parts.workers).wake();
  await service.stop();
});
