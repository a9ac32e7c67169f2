import type { Outcome } from '../../src/application/ingest/outcome.js';
import type { Clock } from '../../src/application/ports/clock.js';
import type { Sinks } from '../../src/application/ports/sink.js';
import { readConfig } from '../../src/config.js';
import { createContainer, parts } from '../../src/container.js';
import type { Stores } from '../../src/open-stores.js';
import type { KafkaParts } from '../../src/opening.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';

/** The whole service in this process, on a free port of its own and silent. */
export const startService = async (
  env: Readonly<Record<string, string>> = {},
  stores?: Stores,
  clock?: Clock,
  kafka?: KafkaParts,
  sinks?: Sinks,
) => {
  const config = readConfig({ PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent', ...env }, false);
  const container = await createContainer(config, stores, kafka);
  if (clock !== undefined) container.rebind(parts.clock).toConstantValue(clock);
  if (sinks !== undefined) container.rebind(parts.sinks).toConstantValue(sinks);
  const service = container.get(parts.service);
  const ingest = container.get(parts.ingest);
  const { port } = await service.start();
  return {
    app: container.get(parts.app),
    container,
    port,
    url: `http://127.0.0.1:${port}`,
    /** Hands in a message past HTTP; fails as the answer to it does. */
    send: (message: RocketMessage): Promise<Outcome> =>
      new Promise((settle, fail) => {
        const refused = ingest.submit(message, 200, (result) =>
          result instanceof Error ? fail(result) : settle(result),
        );
        if (refused !== undefined) fail(refused);
      }),
    stop: () => service.stop(),
  };
};

export type TestService = Awaited<ReturnType<typeof startService>>;
