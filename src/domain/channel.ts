export const channelPattern = /^[A-Za-z0-9._:-]{1,128}$/;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Asked first: most channels are in lower case already. */
const upperHexPattern = /[A-F]/;

export const isChannel = (text: string): boolean => channelPattern.test(text);

/** A UUID, of whatever version, is the same rocket in upper and lower case; any other channel is as it is. */
export const canonicalChannel = (channel: string): string =>
  channel.length === 36 && upperHexPattern.test(channel) && uuidPattern.test(channel)
    ? channel.toLowerCase()
    : channel;
