import type { Notices } from '../../src/application/ports/event-store.js';

interface Listener {
  readonly process: string;
  readonly hear: (notices: Notices) => void;
}

/** Where instances tell each other what is no event. */
export class NoticeTable {
  private readonly listeners = new Set<Listener>();

  putUp(process: string, notices: Notices): void {
    for (const listener of this.listeners) if (listener.process !== process) listener.hear(notices);
  }

  /** Answers how to leave. */
  listen(process: string, hear: (notices: Notices) => void): () => void {
    const listener = { process, hear };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
