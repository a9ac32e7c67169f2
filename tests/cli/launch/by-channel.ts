import type { NumberedReport } from '../../../src/cli/launch/sent-message.js';

/** What each rocket said, in the order it said it. */
export const byChannel = (messages: Iterable<NumberedReport>): Map<string, NumberedReport[]> => {
  const channels = new Map<string, NumberedReport[]>();
  for (const message of messages) {
    const known = channels.get(message.channel);
    if (known) known.push(message);
    else channels.set(message.channel, [message]);
  }
  return channels;
};
