const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Of a duration as `500ms`, `30s`, `10m`, `1h` or `2d`; 0 needs no unit. NaN for what is none. */
export const millisecondsIn = (text: string): number => {
  if (text === '0') return 0;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return Number(amount) * units[unit as keyof typeof units];
};
