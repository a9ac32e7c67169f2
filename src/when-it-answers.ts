import { Budget } from './application/budget.js';
import type { Logger } from './application/ports/logger.js';
import { StoreUnavailable } from './application/ports/event-store.js';
import type { Config } from './config.js';
import type { Certificate } from './infrastructure/http/certificate.js';
import { RocketsServer } from './infrastructure/http/rockets-server.js';
import { createWaitingApp, type Meanwhile } from './infrastructure/http/waiting-app.js';
import { StoreDamaged } from './infrastructure/stores/relational/store-errors.js';

const AGAIN_AFTER_MS = 500;
const TELL_EVERY_MS = 10_000;

/** What was opened, and what listens until the service itself does. */
export interface Answered<T> {
  readonly opened: T;
  readonly meanwhile: readonly RocketsServer[];
}

/**
 * Opens what may not be there yet. Until it is, the service says on its ports that it is alive and how it is, and takes nothing
 * but what a gateway hands on.
 */
export const whenItAnswers = async <T extends object>(
  config: Pick<Config, 'port' | 'adminPort' | 'host' | 'maxConnections' | 'bufferBytes'>,
  logger: Logger,
  certificate: Certificate | undefined,
  has: Meanwhile,
  open: () => Promise<T>,
): Promise<Answered<T>> => {
  const meanwhile: RocketsServer[] = [];
  let told = -Infinity;
  const tell = (error: Error): void => {
    if (performance.now() - told < TELL_EVERY_MS) return;
    told = performance.now();
    logger.warn('the database does not answer: waiting for it', { error: error.message });
  };
  for (;;) {
    const opened = await open().catch(unlessAway(tell));
    if (opened !== undefined) return { opened, meanwhile };
    if (meanwhile.length === 0) await listenMeanwhile(config, certificate, has, meanwhile);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
};

/** What is damaged, or will never do, is nothing to wait for. */
const unlessAway =
  (tell: (error: Error) => void) =>
  (error: unknown): undefined => {
    if (!(error instanceof StoreUnavailable) || error instanceof StoreDamaged) throw error;
    tell(error);
  };

const listenMeanwhile = async (
  { port, adminPort, host, maxConnections, bufferBytes }: Parameters<typeof whenItAnswers>[0],
  certificate: Certificate | undefined,
  { metrics, ...has }: Meanwhile,
  servers: RocketsServer[],
): Promise<void> => {
  const limits = { maxConnections, budget: new Budget(bufferBytes) };
  const listen = async (at: number, tells: Meanwhile, shown?: Certificate): Promise<void> => {
    const server = new RocketsServer(createWaitingApp(tells), limits, shown);
    await server.listen(at, host);
    servers.push(server);
  };
  if (adminPort === undefined) return listen(port, { ...has, metrics }, certificate);
  await listen(port, has, certificate);
  await listen(adminPort, { ...has, metrics });
};
