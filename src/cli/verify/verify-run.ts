import type { SentMessage } from '../launch/sent-message.js';
import type { ServiceClient } from '../service-client.js';
import { compareRocket, type Verdict } from './compare.js';

/** Rockets compared at a time: enough to keep the service busy, few enough to keep their histories in memory. */
const AT_ONCE = 4;

/** What was sent, by channel, in number order. */
export class Logbook {
  private readonly channels = new Map<string, SentMessage[]>();

  add(message: SentMessage): void {
    const messages = this.channels.get(message.channel);
    if (messages) messages.push(message);
    else this.channels.set(message.channel, [message]);
  }

  get rockets(): readonly (readonly SentMessage[])[] {
    return [...this.channels.values()];
  }
}

export const verifyRun = async (client: ServiceClient, logbook: Logbook): Promise<Verdict[]> => {
  const verdicts: Verdict[] = [];
  const queue = logbook.rockets.values();
  const work = async (): Promise<void> => {
    for (const messages of queue) verdicts.push(await compareRocket(client, messages));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return verdicts.sort((a, b) => (a.channel < b.channel ? -1 : 1));
};
