import { existsSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

const EVERY_MS = 200;

/**
 * Notices when the file, or one that belongs to it, is no longer where it was opened: what is written then goes into a file
 * that nobody finds again, and nothing keeps others from writing as well.
 */
export class FileWatch {
  private readonly files: readonly string[];
  private readonly known = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(file: string, lost: (reason: string) => void) {
    this.files = ['', '-wal', '-shm', '-lock'].map((end) => file + end);
    for (const one of this.files) if (existsSync(one)) this.known.set(one, statSync(one).ino);
    this.timer = setInterval(() => {
      void this.lookAtAll().then((reason) => {
        if (reason === undefined) return;
        this.stop();
        lost(reason);
      });
    }, EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async lookAtAll(): Promise<string | undefined> {
    for (const file of this.files) {
      const known = this.known.get(file);
      const found = await stat(file).then(
        ({ ino }) => ino,
        (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : known),
      );
      if (known === undefined && found !== undefined) this.known.set(file, found);
      else if (known !== found) return `${file} was removed or replaced while the service was using it`;
    }
    return undefined;
  }
}
