const LEVELS = '▁▂▃▄▅▆▇█';

/** A figure for each span of time, as one row of characters; nothing at all is a dot, the most a full block. */
export const sparkline = (figures: readonly number[]): string => {
  const most = Math.max(...figures, 0);
  return figures
    .map((figure) => (figure > 0 ? LEVELS[Math.ceil((figure / most) * LEVELS.length) - 1] : '·'))
    .join('');
};
