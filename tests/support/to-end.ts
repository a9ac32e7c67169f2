export type End = () => unknown;

/** How what was begun is ended: last begun, first ended, whatever became of the test. Wants Jest's `afterEach` or `afterAll`. */
export const endedBy = (after: (end: () => Promise<void>) => void): End[] => {
  const ends: End[] = [];
  after(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  return ends;
};
