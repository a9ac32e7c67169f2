import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keysOf, testKey } from '../support/api-keys.js';
import { documentedAs } from '../support/openapi-validator.js';
import { startProcess, type RealProcess } from '../support/real-process.js';

const collection = join(__dirname, '../../Rockets.postman_collection.json');
const newman = require.resolve('newman/bin/newman.js');

/** The part of newman's JSON report that is read here. */
interface Report {
  readonly run: { readonly executions: readonly Execution[]; readonly failures: readonly Failure[] };
}

interface Failure {
  readonly source?: { readonly name: string };
  readonly error: { readonly test?: string; readonly message: string };
}

interface Execution {
  readonly item: { readonly name: string };
  readonly assertions?: readonly unknown[];
  readonly request: {
    readonly method: string;
    readonly url: {
      readonly path: readonly string[];
      readonly query: readonly { readonly key: string; readonly value: string }[];
    };
  };
  readonly response: {
    readonly code: number;
    readonly header: readonly { readonly key: string; readonly value: string }[];
    readonly stream: { readonly data: readonly number[] };
  };
}

const key = testKey('postman');
let service: RealProcess;
let guarded: RealProcess;
let directory: string;
/** Two runs against the same service, one after the other, and one against a service that asks for a key. */
const runs: Report['run'][] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rockets-postman-'));
  service = await startProcess({ LOG_LEVEL: 'error' });
  const allowed = { WEBHOOK_ALLOW: '127.0.0.1' };
  guarded = await startProcess({ LOG_LEVEL: 'error', AUTH: 'keys', API_KEYS: keysOf([key]), ...allowed });
  runs.push(await runCollection(service), await runCollection(service));
  runs.push(await runCollection(guarded, '--env-var', `apiKey=${key.text}`));
});

afterAll(async () => {
  await Promise.all([service.end(), guarded.end()]);
  await rm(directory, { recursive: true });
});

const runCollection = async ({ url }: RealProcess, ...more: readonly string[]): Promise<Report['run']> => {
  const file = join(directory, 'report.json');
  const options = [
    '--env-var',
    `baseUrl=${url}`,
    ...more,
    '--reporters',
    'json',
    '--reporter-json-export',
    file,
  ];
  await new Promise<void>((resolve, reject) => {
    // Newman ends with 1 when a test of the collection failed; the report says which.
    execFile(process.execPath, [newman, 'run', collection, ...options], (error, stdout, stderr) =>
      error === null || error.code === 1 ? resolve() : reject(new Error(stdout + stderr)),
    );
  });
  const report = JSON.parse(await readFile(file, 'utf8')) as Report;
  return report.run;
};

const failuresOf = ({ failures }: Report['run']): string[] =>
  failures.map(({ source, error }) => `${source?.name}: ${error.test ?? ''} ${error.message}`);

describe('the Postman collection', () => {
  it('passes against the real service, again against the same one, and with a key', () => {
    expect(runs.map(failuresOf)).toEqual([[], [], []]);
  });

  it('makes a subscription where receivers on this machine are allowed, and only there', () => {
    const made = runs.map(({ executions }) => {
      const found = executions.find(
        ({ item }) => item.name === 'Have launches and explosions sent somewhere',
      );
      return found?.response.code;
    });
    expect(made).toEqual([400, 400, 201]);
  });

  it('tests every request, and every answer fits the OpenAPI document', () => {
    const executions = runs.flatMap((run) => run.executions);
    expect(executions.length).toBeGreaterThan(0);
    for (const { item, assertions = [], request, response } of executions) {
      const query = request.url.query.map(({ key, value }) => `${key}=${value}`).join('&');
      const answer = {
        method: request.method,
        url: `/${request.url.path.join('/')}?${query}`,
        status: response.code,
        headers: Object.fromEntries(response.header.map(({ key, value }) => [key.toLowerCase(), value])),
        body: Buffer.from(response.stream.data).toString(),
      };
      expect([item.name, documentedAs(answer)]).toEqual([item.name, expect.any(String)]);
      // One test stands at the collection; each request has at least one of its own.
      expect([item.name, assertions.length > 1]).toEqual([item.name, true]);
    }
  });
});
