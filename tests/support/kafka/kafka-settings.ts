import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../certificates.js';

export type Properties = Readonly<Record<string, string | number | boolean>>;

export interface Ports {
  readonly plain: number;
  readonly controller: number;
  readonly secure: number;
}

/** Who may come in by the secure door. */
export const users = {
  /** May do anything. */
  rockets: 'rockets-secret',
  /** May do what it is allowed by `KafkaTool.allow`, at first nothing. */
  guest: 'guest-secret',
} as const;

const quick: Properties = {
  'offsets.topic.num.partitions': 4,
  'group.initial.rebalance.delay.ms': 0,
  'controlled.shutdown.enable': false,
  'auto.create.topics.enable': false,
  // Back in 5 seconds after a kill, not in 12.
  'broker.session.timeout.ms': 3000,
  'broker.heartbeat.interval.ms': 500,
  // It would take half of the memory for itself.
  'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
};

/** One process of a cluster, broker and controller in one. */
export const brokerSettings = (
  folder: string,
  id: number,
  all: readonly Ports[],
  secure: Properties,
): Properties => {
  const { plain, controller, secure: securePort } = all[id - 1]!;
  const replicas = all.length;
  const isSecure = Object.keys(secure).length > 0;
  const doors = [`PLAIN://127.0.0.1:${plain}`, ...(isSecure ? [`SECURE://127.0.0.1:${securePort}`] : [])];
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': all.map((ports, i) => `${i + 1}@127.0.0.1:${ports.controller}`).join(','),
    listeners: [...doors, `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': doors.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
    'log.dirs': join(folder, `data-${id}`),
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'min.insync.replicas': Math.min(2, replicas),
    'transaction.state.log.min.isr': Math.min(2, replicas),
    ...quick,
    ...secure,
  };
};

/** TLS and passwords at the door SECURE. Whoever comes by the plain one is nobody, and may do anything. */
export const secureSettings = (folder: string, ca: string): Properties => {
  const { cert, key } = makeCertificate();
  writeFileSync(ca, cert);
  const store = join(folder, 'keystore.pem');
  writeFileSync(store, createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }) + cert);
  const security = 'org.apache.kafka.common.security';
  const door = 'listener.name.secure';
  const passwords = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': store,
    [`${door}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${door}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required ${passwords.join(' ')};`,
    [`${door}.scram-sha-256.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
    [`${door}.scram-sha-512.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:rockets',
  };
};

/** The passwords of SCRAM are part of the data. */
export const scramOptions = (): readonly string[] =>
  ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) =>
    Object.entries(users).flatMap(([name, password]) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );

export const propertiesText = (properties: Properties): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
