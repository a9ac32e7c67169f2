import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreUnavailable } from '../../../application/ports/event-store.js';
import type { Secret } from '../../../application/ports/subscription-store.js';
import { StoreDamaged } from '../relational/store-errors.js';
import { syncDirectory } from './file-handles.js';

type Secrets = Readonly<Record<string, readonly Secret[]>>;

/**
 * What signs webhooks, in a file of its own beside the store's, which nobody reads but who runs the service: who asks questions
 * of a store, copies or exports it, has none of them. Written whole or not at all.
 */
export class SecretsFile {
  private readonly file: string;
  private known: Secrets | undefined;

  constructor(store: string) {
    this.file = `${store}-secrets`;
  }

  async of(name: string): Promise<readonly Secret[]> {
    return own(await this.all(), name) ?? [];
  }

  /** One after the other. */
  async put(name: string, secrets: readonly Secret[]): Promise<void> {
    const { [name]: before, ...others } = await this.all();
    if (secrets.length === 0 && before === undefined) return;
    const next = secrets.length === 0 ? others : { ...others, [name]: secrets };
    try {
      await this.write(`${JSON.stringify(next, undefined, 2)}\n`);
    } catch (error) {
      throw new StoreUnavailable(`${this.file} can't be written: ${String(error)}`, { cause: error });
    }
    this.known = next;
  }

  private async all(): Promise<Secrets> {
    return (this.known ??= await this.read());
  }

  private async read(): Promise<Secrets> {
    try {
      const read = JSON.parse(await readFile(this.file, 'utf8')) as unknown;
      if (isSecrets(read)) return read;
      throw new Error('it holds something else');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      // What a parser says has a part of the text in it.
      const why = error instanceof SyntaxError ? 'it is no JSON' : String(error);
      throw new StoreDamaged(`${this.file} can't be read: ${why}`);
    }
  }

  private async write(text: string): Promise<void> {
    const unfinished = `${this.file}-new`;
    const handle = await open(unfinished, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, this.file);
    syncDirectory(dirname(this.file));
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSecret = (value: unknown): value is Secret =>
  isObject(value) &&
  'text' in value &&
  typeof value.text === 'string' &&
  (!('until' in value) || typeof value.until === 'number');

const isSecrets = (value: unknown): value is Secrets =>
  isObject(value) && Object.values(value).every((each) => Array.isArray(each) && each.every(isSecret));

const own = (secrets: Secrets, name: string): readonly Secret[] | undefined =>
  Object.hasOwn(secrets, name) ? secrets[name] : undefined;
