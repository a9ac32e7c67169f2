import { chmodSync } from 'node:fs';
import { OwnServer } from '../support/postgres-server.js';
import { freePort } from '../support/real-process.js';
import { Balancer } from './balancer.js';
import { atEnd, say } from './demo.js';

/** A PostgreSQL server of the demonstration's own; answers its address. */
export const ownDatabase = async (folder: string): Promise<string> => {
  // As root we give PostgreSQL to somebody else, who has to get in.
  chmodSync(folder, 0o711);
  const database = await OwnServer.make([], folder);
  atEnd(() => database.remove());
  await database.begin();
  return database.url;
};

/** A balancer before services, which it calls `gateway 1` and so on; answers its address. */
export const ownBalancer = async (ports: readonly number[], name: string): Promise<string> => {
  const port = await freePort();
  const balancer = new Balancer(ports, (one, state) => {
    const what = {
      ready: 'is ready: it gets requests',
      busy: 'answers, and wants no more requests',
      silent: 'does not answer: what it was asked goes to the others',
    };
    say(`balancer: ${name} ${ports.indexOf(one) + 1} ${what[state]}`);
  });
  await balancer.listen(port);
  atEnd(() => balancer.close());
  return `http://127.0.0.1:${port}`;
};
