/** What the Java client makes of keys: `Utils.murmur2`, the first six from its own tests. */
export const javaHashes: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
  ['193270a9-c9cf-404a-8f83-838e71d9ae67', 1721131559],
];
