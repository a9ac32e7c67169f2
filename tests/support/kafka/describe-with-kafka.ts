import { needKafka } from './kafka-program.js';

/** A group of tests with a real broker. Where none can run the run says so; CI, which has to have one, fails. */
export const describeWithKafka = (name: string, tests: () => void): void => {
  const missing = whatIsMissing();
  if (missing === undefined) return describe(name, tests);
  return describe(name, () => {
    it('was not tested on this machine: no Kafka broker can run here', () => {
      const how = `${name}: NOT tested, ${missing}. On Debian: apt-get install default-jre-headless maven`;
      if (process.env['CI'] === 'true') throw new Error(how);
      process.stderr.write(`\n${how}\n\n`);
    });
  });
};

const whatIsMissing = (): string | undefined => {
  try {
    needKafka();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};
