import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { healthLines } from '../../../src/cli/figures/health-command.js';
import { sparkline } from '../../../src/cli/figures/sparkline.js';
import { exploded, faster, launched, message, slower } from '../../support/messages.js';
import { startService, type TestService } from '../../support/test-service.js';
import { failing, rockets } from '../captured-output.js';

describe('of a service', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
    await service.send(message(1, launched(500, 'Saturn-V', 'APOLLO'), 'a'));
    await service.send(message(2, slower(900), 'a'));
    await service.send(message(3, exploded(), 'a'));
    await service.send(message(1, launched(700, 'Falcon-9', 'APOLLO'), 'b'));
    await service.send(message(4, faster(1), 'b'));
  });
  afterAll(() => service.stop());

  it('rockets health says how it is', async () => {
    const lines = await rockets('health', '--url', service.url);
    expect(lines.filter((line) => !/^(uptime|kept)/.test(line))).toEqual([
      'status       ok',
      'store        memory; in memory: everything is lost when the process ends',
      'rockets      2: 0 awaiting launch, 1 flying, 1 exploded; 1 with gaps',
      'events       4',
      'gaps         1',
      'waiting      1',
      'late         0',
      'messages     5 received: 3 applied, 1 refused, 1 buffered',
      'buffer       0 messages, 0 bytes on their way',
      'readers      0 live, 0.0 s behind',
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^kept {9}[\d,]+ of [\d,]+ bytes, 0 %$/));
  });

  it('rockets fleet tells of all rockets, and what happened in a minute, an hour and a day', async () => {
    const lines = await rockets('fleet', '--url', service.url);
    expect(lines.slice(0, 6)).toEqual([
      'rockets      2: 0 awaiting launch, 1 flying, 1 exploded; 1 with gaps',
      'silent       0 not exploded, and not heard for 10 min',
      'events       4, of which 1 broke a rule',
      'gaps         1; 1 waiting, 0 late',
      expect.stringMatching(/^types {8}(Falcon-9 1, Saturn-V 1|Saturn-V 1, Falcon-9 1)$/),
      'missions     APOLLO 2',
    ]);
    expect(lines[6]).toMatch(/^last minute {2}[·▁-█]{60} {2}\d events?, at most \d in 1\.0 s$/);
    expect(lines[7]).toMatch(/^last hour {4}[·▁-█]{60} {2}\d events?, at most \d in 60 s$/);
    expect(lines[8]).toMatch(/^last day {5}[·▁-█]{96} {2}\d events?, at most \d in 15 min$/);
    expect(lines[9]).toMatch(/^since {8}\d{4}-\d\d-\d\d .* UTC$/);
  });

  it.each([
    ['health', { status: 'ok', rockets: { total: 2 } }],
    ['fleet', { rockets: { total: 2 }, rulesBroken: 1 }],
  ])('rockets %s --json prints the answer', async (command, answer) => {
    const [line = '', ...others] = await rockets(command, '--json', '--url', service.url);
    expect(JSON.parse(line)).toMatchObject(answer);
    expect(others).toEqual([]);
  });
});

describe('a service that is not well', () => {
  let server: Server;
  let answer: string;
  let url: string;
  beforeAll(async () => {
    server = createServer((_req, res) => void res.writeHead(503).end(answer));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['unavailable', 'the disk is full', ' is unavailable: the disk is full.'],
    ['stopping', undefined, ' is stopping.'],
  ])('fails the command when it is %s, and says all there is to say', async (status, detail, sentence) => {
    answer = JSON.stringify({ status, detail, uptimeSeconds: 7200, messages: { received: 1200 } });
    const said = await failing('health', '--url', url);
    expect(said).toEqual({
      message: `${url}${sentence}`,
      lines: [`status       ${status}`, 'uptime       2.0 h', 'messages     1,200 received'],
    });
    const raw = await failing('health', '--json', '--url', url);
    expect(raw).toEqual({ message: `${url}${sentence}`, lines: [answer] });
  });

  it('fails the command when something else answers', async () => {
    answer = 'Bad Gateway';
    expect((await failing('health', '--url', url)).message).toContain('503: Bad Gateway');
    expect((await failing('fleet', '--url', url)).message).toContain('answered 503: Bad Gateway');
  });
});

describe('figures', () => {
  it('leave out what a service does not tell', () =>
    expect(healthLines({ status: 'ok' })).toEqual(['status       ok']));

  it('say how full a store with a bound is, and what is missing of the log', () => {
    const store = { name: 'memory', fullness: { bytes: 1_999, limit: 2_000 } };
    expect(healthLines({ status: 'ok', store, log: { lost: 1 } })).toEqual([
      'status       ok',
      'store        memory',
      'kept         1,999 of 2,000 bytes, 99 %',
      'log          1 line could not be written',
    ]);
    expect(healthLines({ status: 'ok', log: { lost: 0 } })).toEqual(['status       ok']);
  });

  it('say who holds back the feed', () => {
    const by = { what: 'a transaction: pid 4711, application night job' };
    const feed = { readers: 2, lagSeconds: 0, heldBack: { events: 1204, seconds: 73.2, since: '', by } };
    expect(healthLines({ status: 'ok', feed })).toEqual([
      'status       ok',
      'readers      2 live, 0.0 s behind',
      'feed         1,204 events held back for 73 s by a transaction: pid 4711, application night job',
    ]);
  });

  it('say how Kafka is where it stands in front', () => {
    const gateway = { queued: 12_345, waiting: 3, error: 'no broker answers' };
    const partitions = [
      { partition: 1, lag: 1000 },
      { partition: 4, lag: 204 },
    ];
    const consumer = { partitions, rebalances: 1, remade: 0, rejected: 2, heartbeatAgoSeconds: 1.2 };
    expect(healthLines({ status: 'ok', kafka: { gateway, consumer } })).toEqual([
      'status       ok',
      'gateway      12,345 queued, 3 on their way: no broker answers',
      'consumer     2 partitions, 1,204 records behind (1: 1,000, 4: 204), 2 rejected, 1 rebalance, made anew 0 times, heartbeat 1.2 s ago',
    ]);
    const troubled = { partitions: [], rebalances: 0, remade: 9, rejected: 0, error: 'no broker answers' };
    expect(healthLines({ status: 'ok', kafka: { consumer: troubled } })).toEqual([
      'status       ok',
      'consumer     0 partitions, 0 records behind, 0 rejected, 0 rebalances, made anew 9 times: no broker answers',
    ]);
    expect(healthLines({ status: 'ok', kafka: {} })).toEqual(['status       ok']);
  });

  it('are drawn between a dot for nothing and a full block for the most', () => {
    expect(sparkline([0, 1, 4, 8, 0, 5])).toBe('·▁▄█·▅');
    expect(sparkline([1, 1000])).toBe('▁█');
    expect(sparkline([0, 0])).toBe('··');
  });
});
