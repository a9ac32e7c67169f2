import { CloudEvent } from 'cloudevents';
import type { StoredEvent } from '../../src/application/ports/event-store.js';
import { CloudEvents } from '../../src/infrastructure/cloud-events.js';
import { eventView } from '../../src/infrastructure/http/views.js';
import { makeSecret } from '../../src/infrastructure/webhooks/secret.js';
import { messageId, signatureHeaders } from '../../src/infrastructure/webhooks/signatures.js';
import { collectGarbage, cpuMicros, interleaved, median, scaled, type Row } from './measure.js';

const BATCH = 100;
const BATCHES = scaled(1000);
const source = 'urn:rockets:store:1';

const batch: readonly StoredEvent[] = Array.from({ length: BATCH }, (_, i) => ({
  position: `store.1-${i}`,
  channel: '193270a9-c9cf-404a-8f83-838e71d9ae67',
  number: i + 1,
  event: { type: 'RocketSpeedIncreased', data: { by: 100 }, time: '2026-10-01T12:00:00.123456+02:00' },
  recordedAt: Date.UTC(2026, 9, 1, 12),
}));

const byPackage = (stored: StoredEvent): string => {
  const { channel, number, event } = stored;
  const { type, time } = event;
  return JSON.stringify(
    new CloudEvent({
      id: `${channel}/${number}`,
      source,
      type: `rockets.${type}`,
      subject: channel,
      time,
      datacontenttype: 'application/json',
      data: eventView(stored),
    }),
  );
};

/** An event as text for other systems, put together by hand and by the package, and what a signed batch costs before it is sent. */
export const cloudEventsBench = async (): Promise<Row[]> => {
  const events = new CloudEvents(source);
  const secrets = [makeSecret()];
  const costOf = (make: () => unknown) => (): number => {
    collectGarbage();
    const before = cpuMicros();
    for (let i = 0; i < BATCHES; i++) make();
    return (cpuMicros() - before) / BATCHES;
  };
  const micros = await interleaved({
    byHand: costOf(() => batch.map((event) => events.textOf(event))),
    byPackage: costOf(() => batch.map(byPackage)),
    signed: costOf(() => {
      const body = Buffer.from(`[${batch.map((event) => events.textOf(event)).join(',')}]`);
      return signatureHeaders(messageId(events.nameOf(batch)), 0, body, secrets);
    }),
  });
  return [
    {
      goal: '',
      what: 'events as CloudEvents: put together by hand ÷ by the package, in processor time',
      measured: median(micros.byHand) / median(micros.byPackage),
      good: 0.3,
      better: 'lower',
    },
    {
      goal: '',
      what: `a batch of ${BATCH} events, made and signed`,
      measured: median(micros.signed),
      unit: ' µs',
    },
  ];
};
