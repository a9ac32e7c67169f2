import addFormats from 'ajv-formats';
import Ajv2020 from 'ajv/dist/2020.js';
import { get } from 'node:http';
import { asyncApi } from '../../../../src/infrastructure/http/docs/openapi/asyncapi.js';
import { exchange } from '../../../support/http-exchange.js';
import { startService } from '../../../support/test-service.js';

interface FeedMessage {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

const ajv = new Ajv2020({ strict: false });
addFormats(ajv);
const documented = new Map(
  Object.values(asyncApi.components.messages).map(({ name, payload }) => [
    name,
    ajv.compile({ ...payload, components: asyncApi.components }),
  ]),
);

const parse = (stream: string): FeedMessage[] =>
  stream.split('\n\n').flatMap((block) => {
    const fields = new Map(
      block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
    );
    const data = fields.get('data');
    if (data === undefined) return [];
    return [
      { name: fields.get('event') ?? 'message', id: fields.get('id'), data: JSON.parse(data) as unknown },
    ];
  });

/** Reads a feed until the service ends it; `until` resolves as soon as the text has come. */
const follow = (url: string) => {
  let text = '';
  const waiting = new Set<{ readonly part: string; readonly resolve: () => void }>();
  const ended = new Promise<string>((resolve, reject) => {
    const req = get(url, { headers: { accept: 'text/event-stream' }, agent: false }, (res) => {
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
        for (const one of waiting) if (text.includes(one.part)) one.resolve();
      });
      res.on('end', () => resolve(text));
    });
    req.on('error', reject);
  });
  const until = (part: string): Promise<void> =>
    text.includes(part) ? Promise.resolve() : new Promise((resolve) => waiting.add({ part, resolve }));
  return { until, ended };
};

const message = (number: number, messageType: string, payload: object): string =>
  JSON.stringify({
    metadata: { channel: 'r', messageNumber: number, messageTime: '2026-10-01T17:39:42Z', messageType },
    message: payload,
  });

describe('the live feed', () => {
  it('sends every message of the AsyncAPI document, and nothing that does not fit it', async () => {
    const { url, stop } = await startService();
    const post = (body: string) => exchange(url, { method: 'POST', url: '/messages', body });
    await post(message(1, 'RocketLaunched', { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' }));
    const feed = follow(`${url}/events?after=elsewhere-1`);
    await feed.until('caught-up');
    await post(message(2, 'RocketSpeedDecreased', { by: 501 }));
    await post(message(4, 'RocketMissionChanged', { newMission: 'GEMINI' }));
    await feed.until('gaps-changed');
    await exchange(url, {
      method: 'POST',
      url: '/rockets/r/gaps/skip',
      headers: { 'content-type': 'application/json' },
      body: '{"from":3,"to":3,"why":"It is lost."}',
    });
    await feed.until('MessagesSkipped');
    await post(message(3, 'RocketSpeedIncreased', { by: 1 }));
    await feed.until('message-late');
    await post(message(5, 'RocketExploded', { reason: 'FROZEN_O_RINGS' }));
    await feed.until('RocketExploded');
    await stop();

    const messages = parse(await feed.ended);
    const wrong = messages.filter(({ name, data }) => documented.get(name)?.(data) !== true);
    expect(messages.length).toBeGreaterThan(8);
    expect(wrong).toEqual([]);
    expect(new Set(messages.map(({ name }) => name))).toEqual(new Set(documented.keys()));
  });

  it('gives every event its position as id', async () => {
    const { url, stop } = await startService();
    await exchange(url, {
      method: 'POST',
      url: '/messages',
      body: message(1, 'RocketLaunched', { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' }),
    });
    const feed = follow(`${url}/events`);
    await feed.until('caught-up');
    await stop();
    const [event] = parse(await feed.ended).filter(({ name }) => name === 'message');
    expect(event?.data).toMatchObject({ position: event?.id });
  });
});
