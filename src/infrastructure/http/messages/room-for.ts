/** The bytes, of which so many are in use, or a longer copy of them when not so many have room in them. */
export const roomFor = (bytes: Buffer, used: number, length: number): Buffer => {
  if (length <= bytes.length) return bytes;
  const longer = Buffer.allocUnsafe(Math.max(1024, 2 * length));
  bytes.copy(longer, 0, 0, used);
  return longer;
};
