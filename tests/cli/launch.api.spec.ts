import { runLaunch, type LaunchOptions } from '../../src/cli/launch/run-launch.js';
import { gatewaySettings, MemoryKafka } from '../support/memory-kafka.js';
import { startService } from '../support/test-service.js';
import { FakeService, type Faults } from './fake-service.js';

const defaults: LaunchOptions = {
  messageDelay: 0,
  concurrencyLevel: 3,
  maxMessages: 500,
  seed: 444,
  logLevel: 'info',
  connection: 'official',
  rockets: 5,
  shuffle: 0,
  duplicates: 0,
  loss: 0,
  malformed: 0,
  ruleBreaking: 0,
  ndjson: false,
  verify: true,
  patience: 30_000,
  json: true,
};

interface Run {
  code: number;
  report: Record<string, unknown>;
  text: string;
  service: FakeService;
}

const services: FakeService[] = [];
afterEach(() => Promise.all(services.splice(0).map((service) => service.stop())));

const launchAt = async (
  url: string,
  options: Partial<LaunchOptions>,
  interrupt = new AbortController().signal,
): Promise<{ code: number; text: string }> => {
  const lines: string[] = [];
  const output = {
    out: (line: string) => void lines.push(line),
    err: () => undefined,
    room: async () => undefined,
    bytes: () => undefined,
    interactive: false,
  };
  const code = await runLaunch(new URL(url), { ...defaults, ...options }, output, interrupt);
  return { code, text: lines.join('\n') };
};

const launch = async (options: Partial<LaunchOptions> = {}, faults: Faults = {}): Promise<Run> => {
  const service = new FakeService(faults);
  services.push(service);
  const { code, text } = await launchAt(await service.start(), options);
  return { code, text, service, report: text.startsWith('{') ? JSON.parse(text) : {} };
};

describe('a verified run', () => {
  it('finds every rocket exact', async () => {
    const { code, report } = await launch();
    expect(report).toMatchObject({
      ending: 'complete',
      messages: 500,
      rockets: 5,
      delivered: 500,
      outcomes: { applied: 500 },
      verified: { rockets: 5, exact: 5, differing: [] },
    });
    expect(code).toBe(0);
  });

  it('stays exact in the worst disorder, and says what became of the copies', async () => {
    const disorder = { shuffle: Infinity, duplicates: 0.3, loss: 0.1, malformed: 0.2, concurrencyLevel: 16 };
    const { code, report, service } = await launch(disorder);
    const copies = report['delivered'] === undefined ? 0 : Number(report['delivered']) - 500;
    expect(copies).toBeGreaterThan(0);
    expect(report).toMatchObject({
      outcomes: { applied: 500, duplicate: copies },
      malformed: { refused: service.posts - 500 - copies, accepted: 0 },
      verified: { exact: 5 },
    });
    expect(code).toBe(0);
  });

  it('sends the same in batches', async () => {
    const { code, report, service } = await launch({ ndjson: true, duplicates: 0.2, malformed: 0.1 });
    expect(report).toMatchObject({ outcomes: { applied: 500 }, verified: { exact: 5 } });
    expect(service.posts).toBe(1);
    expect(code).toBe(0);
  });

  it('ends with the sentence everybody waits for', async () => {
    const { text } = await launch({ json: false });
    expect(text).toMatch(/\n5 of 5 rockets exact$/);
    expect(text).toMatch(/500 messages answered in .*\/s\n/);
    expect(text).toMatch(/outcomes +500 applied/);
    expect(text).toMatch(/latency +p50 .* ms, p99 .* ms, max .* ms/);
  });

  it('accepts the times of an earlier run, and no others', async () => {
    const service = new FakeService();
    services.push(service);
    const url = await service.start();
    await launchAt(url, { maxMessages: 200 });
    const again = await launchAt(url, { maxMessages: 400 });
    expect(JSON.parse(again.text)).toMatchObject({
      outcomes: { applied: 200, duplicate: 200 },
      verified: { exact: 5, earlierTimes: 200 },
    });
    const same = await launchAt(url, { maxMessages: 400, json: false });
    expect(same.text).toContain('The service knew all of it already');
    expect(same.text).toContain('5 of 5 rockets exact');
    const shifted = await launch(
      {},
      { tamper: (message) => ({ ...message, metadata: later(message.metadata) }) },
    );
    expect(shifted.code).toBe(1);
  });
});

const later = <T extends { messageTime: string }>(metadata: T): T => ({
  ...metadata,
  messageTime: metadata.messageTime.replace(/^\d{4}/, '2099'),
});

describe('a service that is wrong', () => {
  it('fails the run when it loses one message', async () => {
    const { code, text } = await launch(
      { json: false },
      { tamper: (message) => (message.metadata.messageNumber === 7 ? undefined : message) },
    );
    expect(code).toBe(1);
    expect(text).toContain('event 7 is missing');
    expect(text).toContain('0 of 5 rockets exact');
  });

  it('fails the run when it alters one message', async () => {
    let altered: string | undefined;
    const { code, text } = await launch(
      { json: false },
      {
        tamper: (message) => {
          const { channel, messageType } = message.metadata;
          if (messageType !== 'RocketSpeedIncreased' || altered !== undefined) return message;
          altered = channel;
          return { ...message, message: { by: 1 } };
        },
      },
    );
    expect(code).toBe(1);
    expect(text).toContain(`WRONG: rocket ${altered}`);
    expect(text).toMatch(/speed is -?\d+, expected \d+/);
    expect(text).toMatch(
      /event \d+ is RocketSpeedIncreased {"by":1}, expected RocketSpeedIncreased {"by":\d+}/,
    );
    expect(text).toContain('4 of 5 rockets exact');
  });

  it('fails the run when it takes a malformed message', async () => {
    const { code, report } = await launch(
      { malformed: 0.1 },
      {
        answer: (post, res) => {
          if (post > 40) return false;
          res.writeHead(202, { 'Content-Length': 0, 'Rocket-Outcome': 'applied' }).end();
          return true;
        },
      },
    );
    expect(report['malformed']).not.toMatchObject({ accepted: 0 });
    expect(code).toBe(1);
  });

  it('is given up on when it takes nothing for longer than the patience', async () => {
    const { code, text } = await launch(
      { json: false, patience: 0 },
      { answer: (post, res) => post > 100 && res.writeHead(503).end() !== undefined },
    );
    expect(code).toBe(1);
    expect(text).toContain('GAVE UP');
    expect(text).toMatch(/trouble +\d+ HTTP 503/);
  });
});

describe('a service that only queues what it is sent', () => {
  const disorder = { duplicates: 0.2, shuffle: 50, ruleBreaking: 0.05, concurrencyLevel: 8 };

  it.each([
    ['singly', {}],
    ['in batches', { ndjson: true }],
  ])('is waited for until it has worked all of it off: %s', async (_name, manner) => {
    const service = await startService(gatewaySettings, undefined, undefined, new MemoryKafka());
    const url = `${service.url}/messages`;
    const { code, text } = await launchAt(url, { ...disorder, ...manner });
    const report = JSON.parse(text) as { delivered: number };
    expect(report).toMatchObject({
      outcomes: { queued: report.delivered },
      workedOff: { how: 'done' },
      verified: { exact: 5, earlierTimes: 0, differing: [] },
    });
    expect(report.delivered).toBeGreaterThan(500);
    expect(code).toBe(0);

    // Whether it holds a message of this run or of an earlier one only the history says.
    const again = await launchAt(url, { ...disorder, ...manner, maxMessages: 1000, json: false });
    await service.stop();
    expect(again.text).toMatch(/worked off +\d/);
    expect(again.text).toMatch(/held 5\d\d messages already/);
    expect(again.text).toContain('5 of 5 rockets exact');
  });

  it('fails the run when it never works them off', async () => {
    const { code, text } = await launch(
      { json: false, patience: 300 },
      {
        answer: (_post, res, req) => {
          if (req.method !== 'POST') return false;
          res.writeHead(202, { 'Content-Length': 0, 'Rocket-Outcome': 'queued' }).end();
          return true;
        },
      },
    );
    expect(code).toBe(1);
    expect(text).toContain('WRONG: the service got no further with what it had queued');
    expect(text).toContain('0 of 5 rockets exact');
  });
});

describe('a run of rockets that break rules', () => {
  it.each([
    ['now and then', { ruleBreaking: 0.05 }],
    ['often, on the worst radio', { ruleBreaking: 0.5, shuffle: Infinity, duplicates: 0.3, malformed: 0.1 }],
    ['in batches', { ruleBreaking: 0.2, ndjson: true, shuffle: 50 }],
    ['always, so that none is ever launched', { ruleBreaking: 1, maxMessages: 50 }],
  ])('is exact when the service refuses just those messages: %s', async (_name, options) => {
    const service = await startService();
    const { code, text } = await launchAt(`${service.url}/messages`, { maxMessages: 2000, ...options });
    const { rulesBroken } = (await (await fetch(`${service.url}/fleet`)).json()) as { rulesBroken: number };
    await service.stop();
    const report = JSON.parse(text) as { verified: { rockets: number } };
    expect(report).toMatchObject({ verified: { exact: report.verified.rockets, differing: [] } });
    expect(rulesBroken).toBeGreaterThan(20);
    expect(code).toBe(0);
  });

  it('fails when the service refuses one for another rule', async () => {
    const { code, report } = await launch(
      { ruleBreaking: 0.2 },
      {
        tamper: ({ metadata, message }) => {
          if (message['by'] !== Number.MAX_SAFE_INTEGER) return { metadata, message };
          const refusal = {
            rule: 'speed-below-zero',
            message: { type: metadata.messageType, data: message },
          };
          return { metadata: { ...metadata, messageType: 'MessageRefused' }, message: refusal as never };
        },
      },
    );
    expect(code).toBe(1);
    expect(JSON.stringify(report['verified'])).toMatch(
      /MessageRefused {\\"rule\\":\\"speed-below-zero\\"[^ ]*, expected MessageRefused {\\"rule\\":\\"speed-out-of-range\\"/,
    );
  });

  it('fails when the service takes them for facts', async () => {
    const { code, text } = await launch({ ruleBreaking: 0.2, json: false });
    expect(code).toBe(1);
    expect(text).toMatch(/event \d+ is Rocket\w+ .*, expected MessageRefused {"rule":"/);
    expect(text).toContain('0 of 5 rockets exact');
  });
});

describe('the manners of the official program', () => {
  it('sends no Accept header, and uses a connection again after an empty reply', async () => {
    const { service, report } = await launch({ verify: false });
    expect(service.requests.every(({ headers }) => headers.accept === undefined)).toBe(true);
    expect(service.requests[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(service.requests[0]?.headers.connection).toBeUndefined();
    expect(report['connections']).toBe(3);
  });

  it('takes one connection per message when replies have a body', async () => {
    const { report } = await launch({ verify: false, maxMessages: 50 }, { body: '{"outcome":"applied"}' });
    expect(report).toMatchObject({ delivered: 50, connections: 50 });
  });

  it('does otherwise when told so', async () => {
    const kept = await launch({ verify: false, connection: 'keep-alive' }, { body: '{"outcome":"applied"}' });
    expect(kept.report).toMatchObject({ delivered: 500, connections: 3 });
    const single = await launch({ verify: false, connection: 'per-message', maxMessages: 50 });
    expect(single.report).toMatchObject({ delivered: 50, connections: 50 });
  });

  it('drops what waits for a retry at the end, says so, and ends with 0', async () => {
    const { code, text } = await launch(
      { verify: false, json: false },
      { answer: (post, res) => post % 100 === 0 && res.writeHead(503).end() !== undefined },
    );
    expect(code).toBe(0);
    expect(text).toContain('DROPPED: 5 messages');
  });

  it('comes to its end although the service answers nothing but errors', async () => {
    const { code, report } = await launch(
      { verify: false, maxMessages: 4000 },
      { answer: (_post, res) => res.writeHead(503).end() !== undefined },
    );
    expect(report).toMatchObject({ ending: 'complete', messages: 4000, delivered: 0, dropped: 4000 });
    expect(code).toBe(0);
  });

  it('waits for retries in a verified run', async () => {
    const { code, report } = await launch(
      {},
      { answer: (post, res) => post % 100 === 0 && post < 500 && res.writeHead(503).end() !== undefined },
    );
    expect(report).toMatchObject({
      retries: 4,
      failures: { 'HTTP 503': 4 },
      delivered: 500,
      verified: { exact: 5 },
    });
    expect(code).toBe(0);
  });

  it('sends again what was cut off after it was stored', async () => {
    const { code, report } = await launch(
      {},
      {
        answer: (post, _res, req) => {
          if (post === 50) req.socket.destroy();
          return false;
        },
      },
    );
    expect(report).toMatchObject({
      retries: 1,
      outcomes: { applied: 499, duplicate: 1 },
      verified: { exact: 5 },
    });
    expect(code).toBe(0);
  });
});

describe('a run that cannot go on', () => {
  it('says so when nothing listens', async () => {
    const service = new FakeService();
    const url = await service.start();
    await service.stop();
    await expect(launchAt(url, {})).rejects.toThrow(
      /Cannot reach http:\/\/127.0.0.1:\d+: nothing listens there/,
    );
  });

  it('reports what was sent so far when interrupted, and ends with 130', async () => {
    const interrupt = new AbortController();
    const service = new FakeService({ answer: (post) => post > 200 && (interrupt.abort(), true) });
    services.push(service);
    const { code, text } = await launchAt(await service.start(), { json: false }, interrupt.signal);
    expect(code).toBe(130);
    expect(text).toMatch(/^Interrupted\. \d+ messages answered/);
    expect(text).not.toContain('exact');
  });
});
