import type { Delivered, Sinks } from '../../src/application/ports/sink.js';
import type { SinkSettings } from '../../src/application/ports/subscription-store.js';

/** Where tests send to: no network, and an answer that the test chooses. */
export class FakeSinks implements Sinks {
  readonly types: readonly SinkSettings['type'][] = ['webhook', 'kafka'];
  answer: Delivered = { kind: 'yes' };
  /** Who was tested, and with what it would have been signed. */
  readonly tested: { readonly name: string; readonly secrets: readonly string[] }[] = [];
  closed = 0;

  async problemOf(settings: SinkSettings): Promise<string | undefined> {
    const isInside = settings.type === 'webhook' && new URL(settings.url).hostname === 'inside.example';
    return isInside ? 'inside.example is inside of the network of this service.' : undefined;
  }

  open: Sinks['open'] = (name, _settings, secrets) => ({
    deliver: async () => this.answer,
    test: async () => {
      this.tested.push({ name, secrets: await secrets() });
      return this.answer;
    },
    close: async () => void this.closed++,
  });
}
