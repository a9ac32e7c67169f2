import { KafkaRefused, loadKafka } from '../../../src/infrastructure/kafka/kafka-library.js';

describe('the Kafka library', () => {
  it.each(['20.19.0', '20.20.2', '21.7.3', '22.0.0', '22.21.1'])(
    'is not for Node %s, which is said in one line',
    (version) => {
      expect(() => loadKafka(version)).toThrow(
        new KafkaRefused(`Kafka needs Node 22.22 or newer; this is ${version}. All else runs on it.`),
      );
    },
  );

  it.each(['22.22.0', '22.23.1', '24.0.0', '26.1.0'])('may be for Node %s', (version) => {
    let message = '';
    try {
      expect(loadKafka(version)).toMatchObject({ Producer: expect.any(Function) as unknown });
    } catch (error) {
      expect(error).toBeInstanceOf(KafkaRefused);
      ({ message } = error as Error);
    }
    // On an older Node it is not installed, and Jest loads no ES module for a program of CommonJS; Node does.
    expect(message).toMatch(
      /^($|@platformatic\/kafka (is not installed: .* Run npm ci with this one\.$|does not load: ))/,
    );
    expect(message).not.toContain('\n');
  });
});
