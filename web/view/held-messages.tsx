import { rocketPath } from '../live/api.js';
import { useAnswer } from '../live/use-answer.js';
import { exactTime, figure } from '../model/format.js';
import type { MessageJson, RocketJson } from '../model/wire.js';
import { eventWords, messageText } from '../model/wording.js';

const mostShown = 10;

interface Props {
  readonly kind: 'waiting' | 'late';
  readonly rocket: RocketJson;
}

/** Messages that were heard and are no events: they wait, or they came too late. */
export const HeldMessages = ({ kind, rocket }: Props) => {
  const count = rocket[kind];
  const path = `${rocketPath(rocket.channel)}/${kind}?limit=${String(mostShown)}`;
  const messages = useAnswer<MessageJson[]>(count > 0 ? path : undefined).answer.value?.value ?? [];
  if (count === 0) return null;
  const { title, about } = words[kind];
  return (
    <section class={`panel panel-${kind}`} aria-label={title}>
      <h2>
        {title}
        <strong class="count">{figure(count)}</strong>
      </h2>
      <p class="none">{about}</p>
      <ul class="held">
        {messages.map((message) => (
          <li
            key={message.number}
            title={`sent ${exactTime(message.time)}, heard ${exactTime(message.receivedAt)} UTC`}
          >
            <span class="number">{figure(message.number)}</span>
            <span class="held-text">
              {eventWords[message.type]}: {messageText(message)}
            </span>
          </li>
        ))}
      </ul>
      {count > messages.length && messages.length > 0 && (
        <p class="none">and {figure(count - messages.length)} more</p>
      )}
    </section>
  );
};

const words = {
  waiting: {
    title: 'Waiting messages',
    about: 'Stored, and applied as soon as what is missing before them comes.',
  },
  late: {
    title: 'Late messages',
    about: 'Came after they were skipped: kept, and not in the figures.',
  },
} as const;
