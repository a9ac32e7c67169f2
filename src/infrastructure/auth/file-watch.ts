import { unwatchFile, watchFile } from 'node:fs';

/** Files are looked at this often: unlike the news of a file system, that works wherever a file can be mounted. */
const LOOK_EVERY_MS = 1000;

/** Reads files again when they change. What cannot be read changes nothing but is told. */
export class FileWatch {
  private readonly files: string[] = [];

  constructor(private readonly failed: (file: string, error: unknown) => void) {}

  follow(file: string, read: () => void): void {
    this.files.push(file);
    watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, () => {
      try {
        read();
      } catch (error) {
        this.failed(file, error);
      }
    });
  }

  close(): void {
    for (const file of this.files) unwatchFile(file);
  }
}
