import { refusalRules } from '../../../../src/domain/rocket-event.js';
import type { RocketMessage } from '../../../../src/domain/rocket-message.js';
import { documentedFetch } from '../../../support/documented-fetch.js';
import { httpStores } from '../../../support/http-stores.js';
import { exploded, faster, launched, message, missionChanged, slower } from '../../../support/messages.js';
import { SseClient } from '../../../support/sse-client.js';
import { startService, type TestService } from '../../../support/test-service.js';

interface EventJson {
  readonly position: string;
  readonly channel: string;
  readonly number: number;
  readonly type: string;
  readonly data: { readonly rule?: string };
}

describe.each(httpStores)('pages of events from the store $store', ({ env }) => {
  let service: TestService;
  beforeEach(async () => {
    service = await startService(env());
  });
  afterEach(() => service.stop());

  const report = async (...messages: RocketMessage[]) => {
    for (const one of messages) await service.send(one);
  };
  const get = (query: string, accept = 'application/json') =>
    documentedFetch(`${service.url}/events${query}`, { headers: { accept } });
  const walk = async (query: string): Promise<EventJson[]> => {
    const found: EventJson[] = [];
    for (let next: string | undefined = `/events${query}`; next !== undefined;) {
      const answer: Response = await documentedFetch(service.url + next);
      found.push(...((await answer.json()) as EventJson[]));
      next = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    return found;
  };

  it('hold each message that broke a rule once when asked by the rule, both ways, however long the page is', async () => {
    for (let i = 0; i < 30; i++) {
      const channel = `r${i}`;
      await report(message(1, launched(500), channel), message(2, slower(1000 + i), channel));
      if (i % 3 === 0) await report(message(3, exploded(), channel), message(4, faster(1), channel));
      if (i % 5 === 0) await report(message(i % 3 === 0 ? 5 : 3, launched(1), channel));
    }
    const all = await walk('');
    for (const rule of refusalRules) {
      const wanted = all.filter(({ data }) => data.rule === rule);
      for (const limit of [1, 7, 1000]) {
        expect(await walk(`?rule=${rule}&limit=${limit}`)).toEqual(wanted);
        expect(await walk(`?rule=${rule}&limit=${limit}&order=desc`)).toEqual([...wanted].reverse());
      }
    }
    expect(all.filter(({ data }) => data.rule === 'speed-below-zero')).toHaveLength(30);
    const [one] = await walk('?rule=rocket-exploded&channel=r3&type=MessageRefused');
    expect(one).toMatchObject({ channel: 'r3', number: 4 });
    expect((await get('?rule=rocket-exploded&type=RocketLaunched')).status).toBe(400);
  });

  it('begin and end at the named ends of the feed, both ways, narrowed or not', async () => {
    await report(message(1, launched()), message(2, launched()));
    for (const narrowed of ['', '&type=MessageRefused', '&rule=already-launched']) {
      const all = await walk(`?limit=1${narrowed}`);
      expect(all.length).toBeGreaterThan(0);
      expect(await walk(`?after=beginning&limit=1${narrowed}`)).toEqual(all);
      expect(await walk(`?after=latest&order=desc&limit=1${narrowed}`)).toEqual([...all].reverse());
      expect(await walk(`?after=latest${narrowed}`)).toEqual([]);
      expect(await walk(`?after=beginning&order=desc${narrowed}`)).toEqual([]);
    }
  });

  it('are told live by the rule as well', async () => {
    await report(message(1, launched(500), 'a'), message(2, slower(1000), 'a'), message(3, launched(1), 'a'));
    const client = await SseClient.open(`${service.url}/events?rule=speed-below-zero`);
    await client.untilNamed('caught-up');
    await report(message(4, slower(2000), 'a'), message(5, launched(1), 'a'), message(6, slower(3000), 'a'));
    await client.untilNamed('message', 3);
    expect(client.named('message').map((event) => (event as EventJson).number)).toEqual([2, 4, 6]);
  });

  it('are not sent again as a table that the client has', async () => {
    await report(message(1, launched(), 'a'));
    for (const path of ['/events', '/rockets/a/events']) {
      const headers = { Accept: 'text/csv', 'If-None-Match': '*', 'Cache-Control': 'max-age=0' };
      expect((await documentedFetch(`${service.url}${path}`, { headers })).status).toBe(304);
    }
  });

  it('are tables for spreadsheets, in which nothing is a formula', async () => {
    await report(
      message(1, launched(500, 'Falcon "9", v2', '=HYPERLINK("http://x")'), 'a'),
      message(2, missionChanged('two\nlines'), 'a'),
      message(3, slower(9000), 'a'),
      message(4, exploded('@home'), 'a'),
      message(2, faster(7), '-b'),
    );
    const headers = { 'Content-Type': 'application/json' };
    const skip = { method: 'POST', headers, body: JSON.stringify({ upTo: 1, why: '+1, lost' }) };
    await documentedFetch(`${service.url}/rockets/-b/gaps/skip`, skip);
    const answer = await get('', 'text/csv');
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="events.csv"');
    const rows = (await answer.text()).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z(?=,)/g, 'T');
    const [first] = await walk('?limit=1');
    const at = (place: number): string => first!.position.replace(/\d+$/, String(place));
    const columns =
      'position,channel,number,type,time,recordedAt,rocketType,launchSpeed,by,mission,reason,rule,refusedType,' +
      'skippedFrom,skippedTo,skippedBy,why';
    expect(rows.split('\r\n')).toEqual([
      columns,
      `${at(1)},a,1,RocketLaunched,T,T,"Falcon ""9"", v2",500,,"'=HYPERLINK(""http://x"")",,,,,,,`,
      `${at(2)},a,2,RocketMissionChanged,T,T,,,,"two\nlines",,,,,,,`,
      `${at(3)},a,3,MessageRefused,T,T,,,9000,,,speed-below-zero,RocketSpeedDecreased,,,,`,
      `${at(4)},a,4,RocketExploded,T,T,,,,,'@home,,,,,,`,
      `${at(5)},'-b,1,MessagesSkipped,T,T,,,,,,,,1,1,operator,"'+1, lost"`,
      `${at(6)},'-b,2,RocketSpeedIncreased,T,T,,,7,,,,,,,,`,
      '',
    ]);
    const history = await documentedFetch(`${service.url}/rockets/a/events?limit=1`, {
      headers: { accept: 'text/csv' },
    });
    expect(await history.text()).toMatch(/^position,.*\r\n.*,a,1,RocketLaunched,.*\r\n$/s);
  });
});
