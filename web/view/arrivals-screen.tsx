import { health } from '../live/service.js';
import { useAnswer } from '../live/use-answer.js';
import { arrivalsIn } from '../model/activity.js';
import { kafkaRows } from '../model/kafka.js';
import { dateTime, durationText, figure } from '../model/format.js';
import { outcomes, spans, type FleetJson, type KafkaJson, type Outcome } from '../model/wire.js';
import { outcomeSentences, outcomeWords, unhealthyOutcomes } from '../model/wording.js';
import { Icon } from './icons.js';

/** What became of every message that arrived, each outcome in a sentence. */
export const ArrivalsScreen = () => {
  const fleet = useAnswer<FleetJson>('/fleet').answer.value?.value;
  const now = health.value;
  const sinceStart = (outcome: Outcome | 'received') => figure(now?.messages?.[outcome]);
  return (
    <div class="arrivals-screen">
      <a class="back" href="#/">
        <Icon name="back" />
        Fleet
      </a>
      <h1>What became of every message</h1>
      <p class="lead">
        Rockets report over bad radio: messages overtake each other and come more than once. That is what this
        service is for. Only what stands in the lower half of this list needs somebody’s attention.
      </p>
      <table class="arrivals">
        <caption class="unseen">Messages by outcome</caption>
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            {spans.map((span) => (
              <th scope="col" key={span} class="number">
                Last {span}
              </th>
            ))}
            <th scope="col" class="number">
              Since the start
            </th>
            <th scope="col">What it means</th>
          </tr>
        </thead>
        <tbody>
          {outcomes.map((outcome) => (
            <tr key={outcome} data-tone={toneOf(outcome, now?.messages?.[outcome] ?? 0)}>
              <th scope="row">{outcomeWords[outcome]}</th>
              {spans.map((span) => (
                <td key={span} class="number">
                  {figure(fleet && arrivalsIn(fleet.activity[span], outcome))}
                </td>
              ))}
              <td class="number">{sinceStart(outcome)}</td>
              <td class="meaning">{outcomeSentences[outcome]}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All that arrived</th>
            {spans.map((span) => (
              <td key={span} class="number">
                {figure(fleet && arrivalsIn(fleet.activity[span], 'received'))}
              </td>
            ))}
            <td class="number">{sinceStart('received')}</td>
            <td />
          </tr>
        </tfoot>
      </table>
      {now?.kafka !== undefined && <KafkaFigures kafka={now.kafka} />}
      <p class="none">
        {now?.uptimeSeconds !== undefined &&
          `This service started ${durationText(now.uptimeSeconds * 1000)} ago. `}
        {fleet !== undefined &&
          `The columns by time know what happened since ${dateTime(fleet.activity.since)}.`}
      </p>
    </div>
  );
};

/** What stands before the store, of this instance alone. */
const KafkaFigures = ({ kafka }: { readonly kafka: KafkaJson }) => (
  <section aria-labelledby="kafka">
    <h2 id="kafka">By way of Kafka, at this instance</h2>
    <table class="arrivals kafka">
      <thead>
        <tr>
          <th scope="col">Figure</th>
          <th scope="col" class="number">
            Now
          </th>
          <th scope="col">What it means</th>
        </tr>
      </thead>
      <tbody>
        {kafkaRows(kafka).map(({ name, value, meaning, isBad }) => (
          <tr key={name} data-tone={isBad ? 'bad' : undefined}>
            <th scope="row">{name}</th>
            <td class="number">{value}</td>
            <td class="meaning">{meaning}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const toneOf = (outcome: Outcome, count: number): string | undefined =>
  count > 0 && unhealthyOutcomes.includes(outcome) ? 'bad' : undefined;
