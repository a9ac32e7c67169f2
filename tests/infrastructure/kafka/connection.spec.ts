import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  closeSoon,
  connectionOptions,
  inWords,
  says,
  withCa,
} from '../../../src/infrastructure/kafka/connection.js';
import type { KafkaClient } from '../../../src/infrastructure/kafka/kafka-library.js';
import { makeCertificate } from '../../support/certificates.js';
import { kafkaSettings } from '../../support/fake-kafka.js';

describe('the options of every client', () => {
  it('name the brokers, and no TLS or login that is not configured', () => {
    const options = connectionOptions(kafkaSettings);
    expect(options).toMatchObject({ bootstrapBrokers: ['127.0.0.1:9'], retries: 0 });
    expect(Object.keys(options)).not.toEqual(expect.arrayContaining(['tls']));
    expect(Object.keys(options)).not.toEqual(expect.arrayContaining(['sasl']));
  });

  it('trust the certificate of the file, or those that Node trusts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rockets-ca-'));
    const caFile = join(folder, 'ca.pem');
    const { cert } = makeCertificate();
    writeFileSync(caFile, cert);
    const settings = withCa({ ...kafkaSettings, tls: { caFile } });
    rmSync(folder, { recursive: true });
    expect(connectionOptions(settings).tls).toEqual({ ca: Buffer.from(cert) });
    expect(connectionOptions(withCa({ ...kafkaSettings, tls: {} })).tls).toEqual({});
    expect(withCa(kafkaSettings)).toBe(kafkaSettings);
  });

  it.each([
    ['is not there', '/nowhere/ca.pem'],
    ['is no certificate', __filename],
  ])('are refused with the name of a file that %s', (_, caFile) => {
    expect(() => withCa({ ...kafkaSettings, tls: { caFile } })).toThrow(
      `KAFKA_CA=${caFile} is no file with a certificate`,
    );
  });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('log in by %s', (mechanism) => {
    const sasl = { mechanism, username: 'me', password: 's3cret' };
    expect(connectionOptions({ ...kafkaSettings, sasl }).sasl).toEqual({
      mechanism: mechanism.toUpperCase(),
      username: 'me',
      password: 's3cret',
    });
  });
});

describe('closing a client', () => {
  const client = () => {
    const close = jest.fn();
    return { close, client: { connections: { close } } as unknown as KafkaClient };
  };

  it('is done when the client is', async () => {
    const { close, client: one } = client();
    await closeSoon(one, async () => undefined);
    expect(close).not.toHaveBeenCalled();
  });

  it('cuts its connections when that fails, as it would live on', async () => {
    const { close, client: one } = client();
    await closeSoon(one, () => Promise.reject(new Error('not the coordinator')));
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('cuts its connections when that takes for ever', async () => {
    jest.useFakeTimers();
    try {
      const { close, client: one } = client();
      const closed = closeSoon(one, () => new Promise(() => undefined));
      jest.advanceTimersByTime(1900);
      expect(close).not.toHaveBeenCalled();
      jest.advanceTimersByTime(200);
      await closed;
      expect(close).toHaveBeenCalledTimes(1);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('what a client throws', () => {
  const broker = Object.assign(new Error('not the leader'), { apiId: 'NOT_LEADER_OR_FOLLOWER' });
  const nested = new AggregateError([new Error('read ECONNRESET'), broker], 'Send\n  failed.');
  const deep = Object.assign(new Error('Cannot produce.'), { cause: nested });

  it('is told in one line, with the reasons behind it', () => {
    expect(inWords(deep)).toBe('Cannot produce. Send failed. read ECONNRESET');
    expect(inWords(new Error('x'.repeat(5000)))).toHaveLength(300);
    expect(inWords('nonsense')).toBe('nonsense');
  });

  it('is searched for what the broker said, however deep', () => {
    expect(says(deep, 'NOT_LEADER_OR_FOLLOWER')).toBe(true);
    expect(says(deep, 'MESSAGE_TOO_LARGE', 'NOT_LEADER_OR_FOLLOWER')).toBe(true);
    expect(says(deep, 'MESSAGE_TOO_LARGE')).toBe(false);
    expect([says(undefined, 'X'), says('nonsense', 'X'), says(new Error('X'), 'X')]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
