import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { parts } from '../../../src/container.js';
import { startService, type TestService } from '../../support/test-service.js';

const issuer = { JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'rockets' };

let service: TestService;
let token: string;
let keys: Server;
/** Called when the issuer is asked for his keys; he answers when `publish` is called. */
let asked: () => void;
let publish: () => void;

beforeEach(async () => {
  const pair = await generateKeyPair('ES256');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] });
  token = await new SignJWT({
    iss: issuer.JWT_ISSUER,
    aud: issuer.JWT_AUDIENCE,
    sub: 'ann',
    exp: 4e9,
    scope: 'read ingest',
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(pair.privateKey);
  keys = createServer((_req, res) => {
    publish = () => void res.end(jwks);
    asked();
  });
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  const { port } = keys.address() as AddressInfo;
  service = await startService({ AUTH: 'jwt', JWT_JWKS: `http://127.0.0.1:${port}/keys`, ...issuer });
});

afterEach(async () => {
  await service.stop();
  keys.close();
});

/** Asks, and has gone before the token is judged. */
const askAndGo = async (head: string): Promise<void> => {
  const wasAsked = new Promise<void>((resolve) => (asked = resolve));
  const socket = connect(service.port, '127.0.0.1');
  socket.write(`${head}\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await wasAsked;
  socket.resetAndDestroy();
  const server = service.container.get(parts.server) as unknown as { readonly server: Server };
  const connections = (): Promise<number> =>
    new Promise((resolve) => server.server.getConnections((_error, count) => resolve(count)));
  while ((await connections()) > 0) await new Promise(setImmediate);
  publish();
  const known = await fetch(`${service.url}/fleet`, { headers: { authorization: `Bearer ${token}` } });
  expect(known.status).toBe(200);
};

describe('what somebody asks for who has gone before it is known who he is', () => {
  it('does not begin, if it is a live feed', async () => {
    await askAndGo('GET /events HTTP/1.1\r\nAccept: text/event-stream');
    expect(service.container.get(parts.feed).readers).toBe(0);
  });

  it('does not begin, if it is a stream of messages', async () => {
    const ingest = service.container.get(parts.ingest);
    const onStop = jest.spyOn(ingest, 'onStop');
    await askAndGo(
      'POST /messages HTTP/1.1\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked',
    );
    expect(onStop).not.toHaveBeenCalled();
  });
});
