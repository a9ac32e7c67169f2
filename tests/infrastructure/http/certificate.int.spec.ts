import { Certificate } from '../../../src/infrastructure/http/certificate.js';
import { CertificateFolder, makeCertificate } from '../../support/certificates.js';
import { silentLogger } from '../../support/silent-logger.js';

const [ours, other] = [makeCertificate(), makeCertificate()];
const files = new CertificateFolder();
beforeEach(() => files.put(ours));
afterAll(() => files.remove());

const refusal = (cert = files.cert): string => {
  try {
    new Certificate({ cert, key: files.key }, silentLogger);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a certificate and its key', () => {
  it('are taken as they are', () => {
    expect(new Certificate(files, silentLogger).pair).toEqual(ours);
  });

  it('that do not belong together are refused', () => {
    files.put({ key: other.key });
    expect(refusal()).toBe(
      `TLS_KEY=${files.key} is not the key of the certificate in TLS_CERT=${files.cert}.`,
    );
  });

  it('that are no such thing are refused, each by its name', () => {
    files.put({ cert: ours.key });
    expect(refusal()).toMatch(`TLS_CERT=${files.cert} holds no certificate in PEM: `);
    files.put({ cert: ours.cert, key: ours.cert });
    expect(refusal()).toMatch(
      `TLS_KEY=${files.key} holds no private key in PEM, or one that needs a passphrase: `,
    );
  });

  it('that cannot be read are refused', () => {
    expect(refusal('/nowhere/cert.pem')).toMatch(/^TLS_CERT=\/nowhere\/cert.pem cannot be read: .*ENOENT/);
  });
});

describe('files that change', () => {
  const told: string[] = [];
  const logger = {
    ...silentLogger,
    info: (message: string) => void told.push(message),
    error: (message: string) => void told.push(message),
  };
  let certificate: Certificate;
  beforeEach(() => {
    told.length = 0;
    certificate = new Certificate(files, logger);
  });

  it('are taken when they are a pair again, once', async () => {
    expect(await certificate.renewed()).toBeUndefined();
    files.put(other);
    expect([await certificate.renewed(), await certificate.renewed()]).toEqual([other, undefined]);
    expect(told).toEqual(['a new TLS certificate is in use']);
    // Whatever listens next shows it, too.
    expect(certificate.pair).toEqual(other);
  });

  it('are not taken before, which is told once', async () => {
    files.put({ cert: other.cert });
    expect([await certificate.renewed(), await certificate.renewed()]).toEqual([undefined, undefined]);
    expect(told).toEqual(['the new TLS certificate is of no use; the one before stays']);
    files.put({ key: other.key });
    expect(await certificate.renewed()).toEqual(other);
  });

  it('may be away for a while', async () => {
    files.remove();
    expect([await certificate.renewed(), await certificate.renewed()]).toEqual([undefined, undefined]);
    expect(told).toEqual(['the new TLS certificate is of no use; the one before stays']);
    files.create();
    files.put(other);
    expect(await certificate.renewed()).toEqual(other);
  });
});
