/** Who may work on which channels at a time is decided by these slices of all channels; nothing stored depends on it. */
export const LANES = 64;

/** FNV-1a over the UTF-16 units: channels are ASCII, so every language gets the same lanes. */
export const laneOf = (channel: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < channel.length; i++) hash = Math.imul(hash ^ channel.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % LANES;
};
