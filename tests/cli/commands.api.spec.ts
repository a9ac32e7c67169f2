import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../support/real-process.js';
import { SqliteStores } from '../support/sqlite-stores.js';
import { capturedOutput, failing, programFor, rockets } from './captured-output.js';
import { FakeService } from './fake-service.js';

const stores = new SqliteStores();
const empty = stores.newFile();
beforeAll(() => writeFileSync(empty, '{}\n'));
afterAll(() => stores.remove());
afterEach(() => {
  delete process.env['ROCKETS_URL'];
  process.exitCode = undefined;
});

describe('every command that talks to a service', () => {
  let server: Server;
  let url: string;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((req, res) => {
      asked.push(`${req.method} ${req.url}`);
      res.writeHead(400).end('{"detail":"It was me."}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => void asked.splice(0));

  const commands: readonly (readonly [command: string, args: readonly string[], request: string])[] = [
    [
      'tail',
      ['--channel', 'a', '--type', 'RocketExploded', '--after', 'k-1'],
      'GET /events?channel=a&type=RocketExploded&after=k-1',
    ],
    ['tail', ['--after', 'start'], 'GET /events'],
    ['show', ['a', '--version', '3'], 'GET /rockets/a?version=3'],
    ['show', ['a', '--at', '2026-10-01T15:39:42Z'], 'GET /rockets/a?at=2026-10-01T15%3A39%3A42Z'],
    ['fleet', [], 'GET /fleet'],
    ['health', [], 'GET /health'],
    ['gaps', [], 'GET /gaps?limit=1000'],
    ['gaps', ['a:b'], 'GET /rockets/a%3Ab/gaps?limit=1000'],
    ['skip', ['a', '--up-to', '4'], 'POST /rockets/a/gaps/skip'],
    ['import', [empty], 'POST /messages'],
  ];

  it.each(commands)('%s %j asks the one that --url names: %s', async (command, args, request) => {
    for (const named of [url, `${url}/`, `${url}/messages`, url.replace('http://', '')]) {
      const { message } = await failing(command, ...args, '--url', named);
      expect(message).toContain('It was me.');
    }
    expect(new Set(asked)).toEqual(new Set([request]));
  });

  it.each(commands)('%s %j asks the one of ROCKETS_URL: %s', async (command, args, request) => {
    process.env['ROCKETS_URL'] = url;
    expect((await failing(command, ...args)).message).toContain('It was me.');
    expect(asked).toEqual([request]);
  });

  it.each(commands)('%s %j says in a sentence that it reaches none', async (command, args) => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    expect((await failing(command, ...args, '--url', nowhere)).message).toBe(
      `Cannot reach ${nowhere}: nothing listens there (ECONNREFUSED); start the service, or name another with --url or ROCKETS_URL.`,
    );
  });

  it('can be told it before the rocket, and instead of an option', async () => {
    await failing('show', url, 'a');
    await failing('tail', url);
    await failing('tail', `${url}/messages`);
    expect(asked).toEqual(['GET /rockets/a', 'GET /events?after=latest', 'GET /events?after=latest']);
  });
});

describe('rockets launch', () => {
  const services: FakeService[] = [];
  afterEach(() => Promise.all(services.splice(0).map((service) => service.stop())));

  const started = async (...args: ConstructorParameters<typeof FakeService>) => {
    const service = new FakeService(...args);
    services.push(service);
    return { service, url: await service.start() };
  };
  const few = ['--max-messages', '20', '--rockets', '2'];
  const report = async (...args: readonly string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await rockets('launch', ...few, '--json', ...args)).join('\n'));

  it('posts to the URL it is given, to the service it is told, and to the usual one', async () => {
    const { service, url } = await started();
    expect(await report(url)).toMatchObject({ url, delivered: 20, rockets: 2, seed: 444 });
    expect(await report('--url', url.replace('/messages', ''))).toMatchObject({ url, delivered: 20 });
    process.env['ROCKETS_URL'] = url;
    expect(await report('--seed', '7')).toMatchObject({ url, delivered: 20, seed: 7 });
    expect(new Set(service.requests.map((request) => request.url))).toEqual(new Set(['/messages']));
    await expect(report(url, '--url', url)).rejects.toThrow('Name the service once');
  });

  it('says in a sentence that it reaches none', async () =>
    expect((await failing('launch', 'http://127.0.0.1:1/messages')).message).toMatch(
      /^Cannot reach http:\/\/127\.0\.0\.1:1: .*ROCKETS_URL\.$/,
    ));

  it.each([
    ['--message-delay', ['--message-delay', '10ms', '--concurrency-level', '1']],
    ['--rate', ['--rate', '80/s']],
  ])('takes its time with %s', async (_option, args) => {
    const { url } = await started();
    expect((await report(url, ...args))['seconds']).toBeGreaterThan(0.15);
  });

  it('has as many requests under way as --concurrency-level says', async () => {
    const { service, url } = await started();
    await report(url, '--concurrency-level', '7');
    expect(service.connections.size - 1).toBe(7);
  });

  it('brings as much disorder as it is asked for', async () => {
    const { service, url } = await started();
    const disorder = ['--shuffle', 'all', '--duplicates', '50%', '--loss', '0.2', '--malformed', '0.5'];
    const { outcomes, malformed } = (await report(url, ...disorder, '--verify')) as {
      outcomes: Record<string, number>;
      malformed: { refused: number };
    };
    expect(outcomes['duplicate']).toBeGreaterThan(3);
    expect(malformed.refused).toBeGreaterThan(3);
    expect(service.posts).toBeGreaterThan(26);
    expect(process.exitCode).toBe(0);
  });

  it('breaks rules when it is asked to, which --verify does not forgive whoever takes that', async () => {
    const { url } = await started();
    expect(await report(url, '--rule-breaking', '0.3')).toMatchObject({ delivered: 20 });
    await report(url, '--rule-breaking', '0.3', '--verify', '--seed', '2');
    expect(process.exitCode).toBe(1);
  });

  it('sends lines with --ndjson, and one connection each with --connection=per-message', async () => {
    const { service, url } = await started();
    expect(await report(url, '--ndjson')).toMatchObject({ ndjson: true, delivered: 20 });
    expect(service.posts).toBe(1);
    expect(await report(url, '--connection', 'per-message')).toMatchObject({ connections: 20 });
  });

  it('gives up after --patience', async () => {
    const { url } = await started({ answer: (_post, res) => res.writeHead(503).end() !== undefined });
    expect(await report(url, '--verify', '--patience', '0')).toMatchObject({ ending: 'gave-up' });
    expect(process.exitCode).toBe(1);
  });

  it('tells of the way as much as --log-level says', async () => {
    const { url } = await started({ answer: (post, res) => post % 5 === 0 && !!res.writeHead(503).end() });
    const told = async (level: string): Promise<string[]> => {
      const { notes, output } = capturedOutput();
      await programFor(output).parseAsync(['launch', url, ...few, '--log-level', level], { from: 'user' });
      return notes;
    };
    expect((await told('debug')).some((note) => note.includes('is tried again: HTTP 503'))).toBe(true);
    expect((await told('info'))[0]).toContain('Launching 2 rockets');
    expect(await told('warn')).toEqual([]);
    expect(await told('error')).toEqual([]);
  });
});
