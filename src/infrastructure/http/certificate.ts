import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Logger } from '../../application/ports/logger.js';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What the files have, in PEM. */
export type CertificatePair = CertificateFiles;

/** The files are of no use; the message says which, and why. */
export class CertificateRefused extends Error {
  readonly code = 'certificate-refused';
}

/** Reading two small files costs nothing, sees links that were turned as well, and misses no change within a second. */
const EVERY_MS = 1000;

/** A certificate with its key, as the files have them, and anew whenever they change. */
export class Certificate {
  private seen: string;
  /** As it is in use. */
  pair: CertificatePair;

  constructor(
    private readonly files: CertificateFiles,
    private readonly logger: Logger,
  ) {
    this.pair = this.checked(
      read('TLS_CERT', files.cert, () => readFileSync(files.cert, 'utf8')),
      read('TLS_KEY', files.key, () => readFileSync(files.key, 'utf8')),
    );
    this.seen = textOf(this.pair);
  }

  /** Hands over each new pair that is good. Answers what ends it. */
  watch(take: (pair: CertificatePair) => void): () => void {
    const timer = setInterval(() => {
      void this.renewed().then((pair) => pair && take(pair));
    }, EVERY_MS).unref();
    return () => clearInterval(timer);
  }

  /** Undefined when nothing has changed, or not for the good: then the pair before stays in use. */
  async renewed(): Promise<CertificatePair | undefined> {
    const { files, logger } = this;
    try {
      const cert = await readFile(files.cert, 'utf8');
      const key = await readFile(files.key, 'utf8');
      if (!this.isNews(textOf({ cert, key }))) return undefined;
      const pair = (this.pair = this.checked(cert, key));
      logger.info('a new TLS certificate is in use', { validTo: new X509Certificate(cert).validTo });
      return pair;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Those that cannot be read go on being so.
      if (error instanceof CertificateRefused || this.isNews(reason))
        logger.error('the new TLS certificate is of no use; the one before stays', { reason });
      return undefined;
    }
  }

  private isNews(text: string): boolean {
    if (text === this.seen) return false;
    this.seen = text;
    return true;
  }

  private checked(cert: string, key: string): CertificatePair {
    const { files } = this;
    const certificate = parse(
      'TLS_CERT',
      files.cert,
      'holds no certificate in PEM',
      () => new X509Certificate(cert),
    );
    const lacksKey = 'holds no private key in PEM, or one that needs a passphrase';
    const privateKey = parse('TLS_KEY', files.key, lacksKey, () => createPrivateKey(key));
    if (!certificate.checkPrivateKey(privateKey))
      throw new CertificateRefused(
        `TLS_KEY=${files.key} is not the key of the certificate in TLS_CERT=${files.cert}.`,
      );
    // What OpenSSL finds too weak, for one.
    parse('TLS_CERT', files.cert, 'cannot be used', () => createSecureContext({ cert, key }));
    return { cert, key };
  }
}

const textOf = ({ cert, key }: CertificatePair): string => `${cert}\0${key}`;

const read = (name: string, file: string, of: () => string): string =>
  parse(name, file, 'cannot be read', of);

const parse = <T>(name: string, file: string, what: string, of: () => T): T => {
  try {
    return of();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CertificateRefused(`${name}=${file} ${what}: ${reason}`);
  }
};
