import { missingPrometheus } from './prometheus.js';

/** A group of tests with a real Prometheus. Without one the run says so; CI, which has to have one, fails. */
export const describeWithPrometheus = (name: string, tests: () => void): void => {
  const missing = missingPrometheus();
  if (missing === undefined) return describe(name, tests);
  return describe(name, () => {
    it('was not tested on this machine: no Prometheus can run here', () => {
      const how = `${name}: NOT tested, ${missing}`;
      if (process.env['CI'] === 'true') throw new Error(how);
      process.stderr.write(`\n${how}\n\n`);
    });
  });
};
