import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../real-process.js';
import { KafkaBroker } from './kafka-broker.js';
import { kafkaLibraries, kafkaProgram } from './kafka-program.js';
import {
  brokerSettings,
  propertiesText,
  scramOptions,
  secureSettings,
  users,
  type Ports,
  type Properties,
} from './kafka-settings.js';

export interface KafkaOptions {
  readonly brokers?: 1 | 3;
  /** With a second door, for TLS and SASL. */
  readonly secure?: boolean;
  /** More settings of each broker, by their names in server.properties. */
  readonly config?: Properties;
}

/** Real brokers, with their data in a folder of their own, on ports that were free. They end when this process does. */
export class KafkaCluster {
  private constructor(
    private readonly folder: string,
    private readonly brokers: readonly KafkaBroker[],
    private readonly ports: readonly Ports[],
    private readonly ca: string | undefined,
  ) {}

  static async start({ brokers = 1, secure = false, config = {} }: KafkaOptions = {}): Promise<KafkaCluster> {
    const libraries = await kafkaLibraries();
    const folder = mkdtempSync(join(tmpdir(), 'rockets-kafka-'));
    const ports = await freePorts(brokers);
    const ca = secure ? join(folder, 'ca.pem') : undefined;
    const security = ca === undefined ? {} : secureSettings(folder, ca);
    const files = ports.map((_, i) => {
      const file = join(folder, `server-${i + 1}.properties`);
      writeFileSync(file, propertiesText({ ...brokerSettings(folder, i + 1, ports, security), ...config }));
      return file;
    });
    const cluster = new KafkaCluster(
      folder,
      files.map((file) => new KafkaBroker(libraries, file)),
      ports,
      ca,
    );
    try {
      const id = randomBytes(16).toString('base64url');
      await Promise.all(files.map((file) => format(libraries, file, id, secure)));
      await Promise.all(cluster.brokers.map((broker) => broker.begin()));
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Its plain door, where everybody may do anything: host:port, several by comma. */
  get bootstrap(): string {
    return addresses(this.ports.map(({ plain }) => plain));
  }

  /** Its secure door, the certificate to trust there, and who may come in. */
  get secure(): { readonly bootstrap: string; readonly ca: string; readonly users: typeof users } {
    if (this.ca === undefined) throw new Error('this cluster was started without `secure`');
    return { bootstrap: addresses(this.ports.map(({ secure }) => secure)), ca: this.ca, users };
  }

  /** Ends one at once, as a crash does; the first is 0. */
  kill(broker: number): Promise<void> {
    return this.at(broker).kill();
  }

  /** Starts one again with its data, after a kill if it still runs; resolves once it is up. */
  async restart(broker: number): Promise<void> {
    await this.kill(broker);
    await this.at(broker).begin();
  }

  /** One stands still, its connections stay open, until it goes on. */
  pause(broker: number): void {
    this.at(broker).signal('SIGSTOP');
  }

  resume(broker: number): void {
    this.at(broker).signal('SIGCONT');
  }

  async close(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private at(broker: number): KafkaBroker {
    const found = this.brokers[broker];
    if (found === undefined) throw new Error(`there is no broker ${broker}`);
    return found;
  }
}

const addresses = (ports: readonly number[]): string => ports.map((port) => `127.0.0.1:${port}`).join(',');

const freePorts = async (brokers: number): Promise<readonly Ports[]> => {
  const found = new Set<number>();
  while (found.size < brokers * 3) found.add(await freePort());
  const ports = [...found];
  return Array.from({ length: brokers }, (_, i) => ({
    plain: ports[i * 3]!,
    controller: ports[i * 3 + 1]!,
    secure: ports[i * 3 + 2]!,
  }));
};

const format = async (libraries: string, file: string, id: string, secure: boolean): Promise<void> => {
  // One that begins with `-` would be taken for an option.
  const named = [`--cluster-id=${id}`, '-c', file, ...(secure ? scramOptions() : [])];
  const args = ['kafka.tools.StorageTool', 'format', ...named];
  await promisify(execFile)('java', [...kafkaProgram(libraries, 64, ...args)]).catch((error: unknown) => {
    throw new Error(`no Kafka broker: its data can't be made: ${String(error)}`, { cause: error });
  });
};
