import 'reflect-metadata';
import { plainToInstance, Type } from 'class-transformer';
import { IsInt, IsObject, IsString, Min, ValidateNested, validateSync } from 'class-validator';
import express from 'express';
import Fastify from 'fastify';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createLogger, format, transports } from 'winston';
import { readConfig } from '../../src/config.js';
import { createContainer, parts } from '../../src/container.js';
import { RelationalRocketDirectory } from '../../src/infrastructure/stores/relational/relational-directory.js';
import { SqliteEventStore } from '../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import type { WritePlace } from '../../src/infrastructure/stores/sqlite/writing.js';
import type { Outcome } from '../../src/application/ingest/outcome.js';
import {
  InvalidInput,
  decodeUtf8,
  readMessage,
} from '../../src/infrastructure/http/messages/message-reader.js';

/** The servers that are compared, each in a process of its own: `node server-process.js KIND`, then IPC. */
const quiet = { PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' };

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', 4096, () => resolve((server.address() as AddressInfo).port));
  });

/** Reads the body, parses it, answers: nothing a server of messages could leave out. */
const bare = (): Promise<number> =>
  listening(
    createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        JSON.parse(Buffer.concat(chunks).toString());
        res.writeHead(202, { 'Content-Length': 0 });
        res.end();
      });
    }),
  );

/** Never looks at the body: the least any server can do for the official program. */
const sink = (): Promise<number> =>
  listening(
    createServer((req, res) => {
      req.resume();
      req.on('end', () => {
        res.writeHead(202, { 'Content-Length': 0 });
        res.end();
      });
    }),
  );

const rockets = async (): Promise<number> => {
  const container = await createContainer(readConfig({ ...quiet, ...process.env, PORT: '0' }, false));
  return (await container.get(parts.service).start()).port;
};

/** SQLite that commits where it is told to. */
const sqliteAt = async (): Promise<number> => {
  const { sqliteFile: file, ...config } = readConfig({ ...quiet, ...process.env, PORT: '0' }, false);
  const place = process.env['WRITE_PLACE'] as WritePlace;
  const store = await SqliteEventStore.open({ file, synchronous: 'full', place });
  const directory = new RelationalRocketDirectory(store.parts);
  const container = await createContainer({ ...config, sqliteFile: file }, { store, directory });
  return (await container.get(parts.service).start()).port;
};

/** The same app behind a plain createServer, to see what the native prototypes are worth. */
const plainPrototypes = async (): Promise<number> => {
  const container = await createContainer(readConfig(quiet, false));
  await container.get(parts.workers).start();
  return listening(createServer(container.get(parts.app)));
};

const fastify = async (): Promise<number> => {
  const container = await createContainer(readConfig(quiet, false));
  await container.get(parts.workers).start();
  const ingest = container.get(parts.ingest);
  const app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_req, body, done) => done(null, body));
  app.post('/messages', async (req, reply) => {
    const body = req.body as Buffer;
    const text = decodeUtf8(body);
    const message = typeof text === 'string' ? readMessage(text) : text;
    if (message instanceof InvalidInput) return reply.code(400).send();
    const result = await new Promise<Outcome | Error>((told) => ingest.submit(message, body.length, told));
    if (result instanceof Error) throw result;
    return reply.code(202).header('Rocket-Outcome', result.outcome).send();
  });
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  return (app.server.address() as AddressInfo).port;
};

class IdiomaticMetadata {
  @IsString() channel!: string;
  @IsInt() @Min(1) messageNumber!: number;
  @IsString() messageTime!: string;
  @IsString() messageType!: string;
}
class IdiomaticMessage {
  @ValidateNested() @Type(() => IdiomaticMetadata) metadata!: IdiomaticMetadata;
  @IsObject() message!: object;
}

/** What most Express services look like: express.json, class-validator, a log line per request; and no store. */
const idiomatic = (): Promise<number> => {
  const logger = createLogger({ format: format.json(), transports: [new transports.Console()] });
  const app = express();
  app.use(express.json());
  app.post('/messages', (req, res) => {
    const errors = validateSync(plainToInstance(IdiomaticMessage, req.body));
    logger.info('message', { method: req.method, path: req.path, errors: errors.length });
    res.status(errors.length > 0 ? 400 : 202).end();
  });
  return listening(createServer(app));
};

const kinds: Readonly<Record<string, () => Promise<number>>> = {
  bare,
  sink,
  rockets,
  sqliteAt,
  plainPrototypes,
  fastify,
  idiomatic,
};

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

/** What was used so far, and the longest stall of the event loop since the last question. */
process.on('message', () => {
  const stallMs = delay.max / 1e6;
  delay.reset();
  process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss, stallMs });
});
process.on('disconnect', () => process.exit(0));
void kinds[process.argv[2] ?? '']?.().then((port) => process.send?.({ port }));
