import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { parts } from '../../../../src/container.js';
import { startService, type TestService } from '../../../support/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await startService();
});

afterEach(() => service.stop());

describe('a live feed that was asked for behind other questions', () => {
  it('lasts, however long nothing happens', async () => {
    const { server } = service.container.get(parts.server) as unknown as { readonly server: Server };
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect(service.port, '127.0.0.1');
    const begun = new Promise<void>((resolve) => {
      let text = '';
      client.on('data', (part) => {
        text += part.toString();
        if (text.includes('retry:')) resolve();
      });
    });
    const question = 'GET /fleet HTTP/1.1\r\nHost: x\r\n\r\n';
    client.write(
      `${question}${question}GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`,
    );
    await begun;
    expect((await accepted).timeout).toBe(0);
    client.destroy();
  });
});
