import { pki, md } from 'node-forge';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

let made = 0;

/** A certificate for this machine that vouches for itself. */
export const makeCertificate = (): TestCertificate => {
  const keys = pki.rsa.generateKeyPair(2048);
  const certificate = pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = `0${++made}`;
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  const name = [{ name: 'commonName', value: `rockets ${made}` }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  const [dns, ip] = [2, 7];
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: dns, value: 'localhost' },
        { type: ip, ip: '127.0.0.1' },
      ],
    },
  ]);
  certificate.sign(keys.privateKey, md.sha256.create());
  return { cert: pki.certificateToPem(certificate), key: pki.privateKeyToPem(keys.privateKey) };
};

/** Two files, as an operator has them, and the settings that name them. */
export class CertificateFolder {
  private readonly folder = mkdtempSync(join(tmpdir(), 'rockets-tls-'));
  readonly cert = join(this.folder, 'cert.pem');
  readonly key = join(this.folder, 'key.pem');
  readonly settings = { TLS_CERT: this.cert, TLS_KEY: this.key };

  put({ cert, key }: Partial<TestCertificate>): void {
    if (cert !== undefined) this.replace(this.cert, cert);
    if (key !== undefined) this.replace(this.key, key);
  }

  create(): void {
    mkdirSync(this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private replace(file: string, text: string): void {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}
