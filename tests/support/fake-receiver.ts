import type { StoredEvent } from '../../src/application/ports/event-store.js';
import type { SinkSettings } from '../../src/application/ports/subscription-store.js';
import type { Delivered, Sink, Sinks } from '../../src/application/ports/sink.js';

export const yes: Delivered = { kind: 'yes' };
export const no: Delivered = { kind: 'no', what: '422 I will not' };
export const again: Delivered = { kind: 'again', what: '500 I cannot' };

/** A receiver that remembers what it was sent, and says to it what the test wants. */
export class FakeReceiver implements Sinks {
  readonly types = ['webhook'] as const;
  /** Every batch, and what was said to it. */
  readonly attempts: { readonly batch: readonly string[]; readonly told: Delivered['kind'] }[] = [];
  /** What was taken, as `channel/number`, with the repeats. */
  readonly taken: string[] = [];
  answer: (batch: readonly StoredEvent[]) => Delivered | Promise<Delivered> = () => yes;

  onOpen: (settings: SinkSettings) => void = () => undefined;

  async problemOf(): Promise<undefined> {
    return undefined;
  }

  open(_name: string, settings: SinkSettings): Sink {
    this.onOpen(settings);
    return {
      deliver: async (batch, signal) => {
        const aborted = new Promise<Delivered>((resolve) => {
          signal.addEventListener('abort', () => resolve({ kind: 'again', what: 'aborted' }), { once: true });
        });
        const told = await Promise.race([this.answer(batch), aborted]);
        const ids = batch.map(({ channel, number }) => `${channel}/${number}`);
        this.attempts.push({ batch: ids, told: told.kind });
        if (told.kind === 'yes') this.taken.push(...ids);
        return told;
      },
      test: async () => yes,
      close: async () => undefined,
    };
  }

  /** In the order in which they came first. */
  get firsts(): string[] {
    return [...new Set(this.taken)];
  }

  numbersOf(channel: string): number[] {
    return this.firsts
      .map((id) => id.split('/'))
      .filter(([of]) => of === channel)
      .map(([, number]) => Number(number));
  }
}
