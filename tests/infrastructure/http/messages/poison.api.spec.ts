import { laneOf } from '../../../../src/application/ingest/lanes.js';
import { PostgresServer, runIn } from '../../../support/postgres-server.js';
import { startService, type TestService } from '../../../support/test-service.js';

/** What nobody but this database has anything against. */
const trigger = `
  CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF 'POISON' IN (new.data->>'mission', new.data->>'newMission') THEN
        RAISE EXCEPTION 'no such mission' USING ERRCODE = 'check_violation';
      END IF;
      RETURN new;
    END $$;
  CREATE TRIGGER no_poison BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse_poison();
`;

let server: PostgresServer;
let service: TestService;

beforeAll(async () => {
  server = await PostgresServer.start();
  const url = await server.newSchema();
  service = await startService({ EVENT_STORE: 'postgres', DATABASE_URL: url });
  await runIn(url, trigger);
});
afterAll(async () => {
  await service.stop();
  await server.stop();
});

const textOf = (channel: string, messageNumber: number, messageType: string, message: object): string =>
  JSON.stringify({
    metadata: { channel, messageNumber, messageTime: '2026-10-01T12:00:00Z', messageType },
    message,
  });

const launch = (channel: string, mission = 'ARTEMIS'): string =>
  textOf(channel, 1, 'RocketLaunched', { type: 'Falcon-9', launchSpeed: 500, mission });

const change = (channel: string, number: number, newMission: string): string =>
  textOf(channel, number, 'RocketMissionChanged', { newMission });

const post = async (body: string, type = 'application/json') => {
  const headers = { 'Content-Type': type, Accept: 'application/json' };
  const response = await fetch(`${service.url}/messages`, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const rocketsOf = async (mission: string): Promise<unknown[]> =>
  (await (await fetch(`${service.url}/rockets?mission=${mission}&limit=1000`)).json()) as unknown[];

describe('a message that only the database refuses', () => {
  const poisoned = 'poisoned';
  const names = Array.from({ length: 20_000 }, (_, i) => `rocket-${i}`);
  const neighbours = names.filter((name) => laneOf(name) === laneOf(poisoned)).slice(0, 100);

  it('is told so alone, and everything else of its stream is stored', async () => {
    const lines = [...neighbours, ...names.slice(0, 100)].map((channel) => launch(channel));
    lines.splice(77, 0, launch(poisoned, 'POISON'));
    lines.splice(133, 0, launch('poisoned-too', 'POISON'));
    const { status, body } = await post(lines.join('\n'), 'application/x-ndjson');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      received: 202,
      invalid: 2,
      items: [78, 134].map((line) => ({
        line,
        outcome: 'invalid',
        retryable: false,
        detail: 'PostgreSQL: no such mission',
      })),
    });
    expect(await rocketsOf('ARTEMIS')).toHaveLength(new Set([...neighbours, ...names.slice(0, 100)]).size);
    expect(await rocketsOf('POISON')).toHaveLength(0);
  });

  it('is a problem, and leaves its lane and its number to others', async () => {
    expect(await post(launch(poisoned, 'POISON'))).toMatchObject({
      status: 422,
      body: { type: '/problems/change-refused', detail: 'PostgreSQL: no such mission' },
    });
    const answers = await Promise.all([
      ...neighbours.slice(0, 30).map((channel) => post(change(channel, 2, 'MARS'))),
      post(launch(poisoned, 'POISON')),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(30).fill(202), 422]);
    expect(await post(launch(poisoned))).toMatchObject({ status: 202, body: { outcome: 'applied' } });
  });

  it('takes no other message of its rocket along', async () => {
    const missions = ['ONE', 'TWO', 'POISON', 'FOUR', 'FIVE'];
    const lines = [launch('one'), ...missions.map((mission, i) => change('one', i + 2, mission))];
    expect((await post(lines.join('\n'), 'application/x-ndjson')).body).toMatchObject({
      applied: 3,
      invalid: 1,
      buffered: 2,
      items: [{ line: 4 }],
    });
    expect(await rocketsOf('TWO')).toHaveLength(1);
    expect((await post(change('one', 4, 'THREE'))).body).toMatchObject({ outcome: 'applied', version: 6 });
    expect(await rocketsOf('FIVE')).toHaveLength(1);
  });
});
