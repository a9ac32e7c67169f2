import { readConfig } from '../../src/config.js';
import { createContainer, parts, type Stores } from '../../src/container.js';

/** The whole service in this process, on a free port of its own and silent. */
export const startService = async (env: Readonly<Record<string, string>> = {}, stores?: Stores) => {
  const config = readConfig({ PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent', ...env }, false);
  const container = await createContainer(config, stores);
  const service = container.get(parts.service);
  const { port } = await service.start();
  return {
    app: container.get(parts.app),
    container,
    port,
    url: `http://127.0.0.1:${port}`,
    stop: () => service.stop(),
  };
};

export type TestService = Awaited<ReturnType<typeof startService>>;
