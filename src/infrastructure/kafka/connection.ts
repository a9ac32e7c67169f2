import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KafkaRefused, type ConnectionOptions, type KafkaClient } from './kafka-library.js';

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly rejectedTopic: string;
  readonly group: string;
  /** For topics that do not exist yet. */
  readonly partitions: number;
  /** What the group knows this instance by: who comes back under the same name has its partitions at once. */
  readonly instance: string;
  /** `ca` is what stands in the file. */
  readonly tls?: { readonly caFile?: string; readonly ca?: Buffer };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
}

export const isTopic = (text: string): boolean => /^[\w.-]{1,249}$/.test(text) && !/^\.{1,2}$/.test(text);

/** What all clients have in common. They try nothing again by themselves: who uses them knows how long it pays. */
export const connectionOptions = ({ brokers, tls, sasl }: KafkaSettings): ConnectionOptions => ({
  clientId: 'rockets',
  bootstrapBrokers: [...brokers],
  connectTimeout: 1000,
  requestTimeout: 3000,
  timeout: 2000,
  retries: 0,
  retryDelay: 250,
  metadataMaxAge: 60_000,
  ...(tls && { tls: tls.ca === undefined ? {} : { ca: tls.ca } }),
  ...(sasl && {
    sasl: {
      mechanism: sasl.mechanism.toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
      username: sasl.username,
      password: sasl.password,
    },
  }),
});

/** Read once: a file that goes away later breaks no client that is made anew. */
export const withCa = (settings: KafkaSettings): KafkaSettings => {
  const { caFile } = settings.tls ?? {};
  if (caFile === undefined) return settings;
  try {
    const ca = readFileSync(caFile);
    new X509Certificate(ca);
    return { ...settings, tls: { caFile, ca } };
  } catch (error) {
    throw new KafkaRefused(
      `KAFKA_CA=${caFile} is no file with a certificate (PEM): ${(error as Error).message}`,
    );
  }
};

const CLOSE_WITHIN_MS = 2000;

/**
 * To close can take for ever while a broker stands still, and can fail: a client that lives on throws out whoever has its name in
 * the group. Then its connections are closed, which no client survives.
 */
export const closeSoon = async (client: KafkaClient, close: () => Promise<void>): Promise<void> => {
  await new Promise<void>((resolve) => {
    const cut = (): void => {
      client.connections.close(() => undefined);
      resolve();
    };
    const timer = setTimeout(cut, CLOSE_WITHIN_MS);
    void close()
      .then(resolve, cut)
      .finally(() => clearTimeout(timer));
  });
};

/** All that a client says about an error, in one line: what it was doing, and why that failed. */
export const inWords = (error: unknown): string => {
  const { message, cause, errors } = error as Error & { errors?: readonly unknown[] };
  const [inner] = [...(errors ?? []), cause].filter((one) => one instanceof Error);
  const outer = (message ?? String(error)).replace(/\s+/g, ' ').slice(0, 300);
  return inner === undefined ? outer : `${outer} ${inWords(inner)}`;
};

/** Whether the broker, or the client itself, names this as what went wrong, however deep in what the client throws. */
export const says = (error: unknown, ...names: readonly string[]): boolean => {
  const { apiId, code, cause, errors } = (error ?? {}) as {
    apiId?: string;
    code?: string;
    cause?: unknown;
    errors?: readonly unknown[];
  };
  if ([apiId, code].some((name) => name !== undefined && names.includes(name))) return true;
  return [...(errors ?? []), ...(cause === undefined ? [] : [cause])].some((one) => says(one, ...names));
};
