import { statSync } from 'node:fs';

/** Files are looked at this often: unlike the news of a file system, that works wherever a file can be mounted. */
const LOOK_EVERY_MS = 1000;

export interface FileNews {
  /** What it brought, in names, where that is known. */
  reread(file: string, changes: object): void;
  failed(file: string, why: string): void;
}

interface Watched {
  readonly file: string;
  readonly read: () => object;
  seen: string;
}

/** Reads files again when they change. What cannot be read changes nothing but is told. */
export class FileWatch {
  private readonly watched: Watched[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly news: FileNews) {}

  /** Reads it now, which may fail, and whenever it is another than it was before it was read. */
  follow(file: string, read: () => object): void {
    const seen = stateOf(file);
    read();
    this.watched.push({ file, read, seen });
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const one of this.watched) {
      const state = stateOf(one.file);
      if (state === one.seen) continue;
      one.seen = state;
      try {
        this.news.reread(one.file, one.read());
      } catch (error) {
        this.news.failed(one.file, reasonOf(error));
      }
    }
  }
}

/** Where nothing can be seen, as behind a link to itself or in a folder that was closed, that is the state. */
const stateOf = (file: string): string => {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return reasonOf(error);
  }
};

export const reasonOf = (error: unknown): string =>
  String((error as { readonly message?: unknown }).message ?? error);
