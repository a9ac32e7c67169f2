import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { Dashboard } from '../support/dashboard.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { startWithKafka } from '../support/kafka/kafka-service.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { endedBy } from '../support/to-end.js';

const toEnd = endedBy(afterAll);

const browserTests = (): void => {
  let cluster: KafkaCluster;
  let dashboard: Dashboard;

  const figureOf = (name: string) => dashboard.page.locator('.kafka tr', { hasText: name });

  beforeAll(async () => {
    cluster = await KafkaCluster.start();
    toEnd.push(() => cluster.close());
    const { bootstrap } = cluster;
    const service = await startWithKafka({ INGEST: 'kafka', CONSUME: 'kafka', KAFKA_BROKERS: bootstrap });
    toEnd.push(() => service.end('SIGKILL'));
    const browser = await launchChromium();
    toEnd.push(() => browser.close());
    dashboard = await Dashboard.open(browser, service);
    const tool = await KafkaTool.start({ bootstrap });
    toEnd.push(() => tool.close());
    await tool.produce('rockets.messages', [{ key: 'odd', value: 'nonsense' }]);
  });

  it('tells what was queued, what is behind and what was rejected', async () => {
    await dashboard.launched('pad-1');
    await dashboard.faster('pad-1', 2, 700);
    await dashboard.goTo('#/arrivals');
    await figureOf('Queued').getByText('2', { exact: true }).waitFor();
    await figureOf('Behind').getByText('Everything of 12 partitions is worked off.').waitFor();
    const rejected = dashboard.page.locator('.kafka [data-tone="bad"]', { hasText: 'Rejected' });
    await rejected.getByText('1', { exact: true }).waitFor();
    await figureOf('Last heartbeat')
      .getByText(/^[0-9.]+ s ago$/)
      .waitFor();
    expect(await dashboard.page.locator('.banner').count()).toBe(0);
    expect(await dashboard.violations()).toEqual([]);
    await dashboard.page.setViewportSize({ width: 390, height: 844 });
    await figureOf('Queued').getByText('2', { exact: true }).waitFor();
    expect(await dashboard.page.evaluate('main.scrollWidth <= main.clientWidth')).toBe(true);
    expect(await dashboard.violations()).toEqual([]);
    await dashboard.page.setViewportSize({ width: 1360, height: 850 });
    expect(dashboard.wrong).toEqual([]);
  });

  it('says on every page that the broker is away, until it is back', async () => {
    const banner = dashboard.page.locator('.banner', { hasText: 'Kafka takes no messages' });
    await cluster.kill(0);
    await banner.waitFor();
    expect(await dashboard.violations()).toEqual([]);
    await dashboard.goTo('#/');
    await banner.waitFor();
    await cluster.restart(0);
    await banner.waitFor({ state: 'detached', timeout: 60_000 });
    expect(dashboard.wrong).toEqual([]);
  });
};

describeWithKafka('with Kafka in front', () => describeInBrowser('the dashboard', browserTests));
