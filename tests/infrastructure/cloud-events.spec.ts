import { CloudEvent, HTTP } from 'cloudevents';
import type { StoredEvent } from '../../src/application/ports/event-store.js';
import { eventTypes, type RocketEvent } from '../../src/domain/rocket-event.js';
import { BATCH_MEDIA_TYPE, CloudEvents, EVENT_MEDIA_TYPE } from '../../src/infrastructure/cloud-events.js';
import { eventView } from '../../src/infrastructure/http/views.js';
import {
  broken,
  exploded,
  faster,
  launched,
  newMission,
  noon,
  noonMillis,
  skipped,
  slower,
} from '../support/builders.js';

const source = 'urn:rockets:store-"1"/2';
const events = new CloudEvents(source);

const stored = (event: RocketEvent, number = 7): StoredEvent => ({
  position: `place-${number}`,
  channel: 'a.B_c:d-1',
  number,
  event,
  recordedAt: noonMillis + 5,
});

const kinds: Readonly<Record<RocketEvent['type'], RocketEvent>> = {
  RocketLaunched: launched(noon, { type: 'a "b" \\ \u2028 \u0000 €', mission: 'Ж\ud83d\ude80' }),
  RocketSpeedIncreased: faster(),
  RocketSpeedDecreased: slower(2 ** 53 - 1),
  RocketMissionChanged: newMission('</script>'),
  RocketExploded: exploded('\n'),
  MessageRefused: broken(),
  MessagesSkipped: skipped(3, 7, { by: { who: 'operator', key: 'night shift' }, why: 'lost "it"' }),
};

describe('an event as other systems are told of it', () => {
  it.each(eventTypes)('is a CloudEvent that its package reads: %s', (type) => {
    const one = stored(kinds[type]);
    const read = HTTP.toEvent({
      headers: { 'content-type': EVENT_MEDIA_TYPE },
      body: events.textOf(one),
    }) as CloudEvent<unknown>;
    expect(read.validate()).toBe(true);
    expect(read.toJSON()).toEqual({
      specversion: '1.0',
      id: 'a.B_c:d-1/7',
      source,
      type: `rockets.${type}`,
      subject: 'a.B_c:d-1',
      time: '2026-10-01T12:00:00.000Z',
      datacontenttype: 'application/json',
      data: eventView(one),
    });
  });

  it('is read as a batch', () => {
    const all = eventTypes.map((type, i) => stored(kinds[type], i + 1));
    const read = HTTP.toEvent({
      headers: { 'content-type': BATCH_MEDIA_TYPE },
      body: `[${all.map((one) => events.textOf(one)).join(',')}]`,
    }) as CloudEvent<unknown>[];
    expect(read.map(({ data }) => data)).toEqual(all.map(eventView));
    expect(read.map((one) => one.validate())).toEqual(all.map(() => true));
  });

  it.each([
    ['2022-02-02T19:39:05.863371234+01:00', '2022-02-02T18:39:05.863371234Z'],
    ['2022-02-02t19:39:05z', '2022-02-02T19:39:05Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
  ])('has its time in UTC, which every reader knows: %s', (sent, time) => {
    const text = events.textOf(stored(faster(1, sent)));
    const read = JSON.parse(text) as { time: string; data: { time: string } };
    expect([read.time, read.data.time]).toEqual([time, sent]);
    expect(new CloudEvent(JSON.parse(text) as object).validate()).toBe(true);
  });

  it('is marked when it is a test', () => {
    const body = events.testText('test/1', noonMillis);
    const read = HTTP.toEvent({ headers: { 'content-type': EVENT_MEDIA_TYPE }, body }) as CloudEvent<unknown>;
    expect(read.validate()).toBe(true);
    expect(read).toMatchObject({ id: 'test/1', source, type: 'rockets.test', data: { test: true } });
  });

  it('has a name with others that is theirs in this order alone, and in this history', () => {
    const [one, two] = [stored(faster(), 1), stored(faster(), 2)];
    const name = events.nameOf([one, two]);
    expect(events.nameOf([{ ...one }, { ...two }])).toBe(name);
    const others = [
      events.nameOf([two, one]),
      events.nameOf([one]),
      new CloudEvents('urn:x').nameOf([one, two]),
    ];
    expect(others).not.toContain(name);
  });
});
