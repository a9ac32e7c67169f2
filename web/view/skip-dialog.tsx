import { useEffect, useRef } from 'preact/hooks';
import { figure, plural } from '../model/format.js';
import { rangesText, rangeText, type SkipPlan } from '../model/gaps.js';
import type { MessageJson } from '../model/wire.js';
import { eventWords, messageText } from '../model/wording.js';

export interface SkipQuestion {
  readonly plan: SkipPlan;
  /** The first messages that wait, those among them that a skip makes history. */
  readonly waiting: readonly MessageJson[];
  readonly isLaunched: boolean;
}

interface Props {
  readonly question: SkipQuestion;
  /** The reason given, undefined for no. */
  readonly onAnswer: (why: string | undefined) => void;
}

/** The longest reason that the service keeps. */
const mostWhy = 256;
const mostListed = 5;

/** Skipping can't be undone, so it says what it does and asks first. */
export const SkipDialog = ({ question, onAnswer }: Props) => {
  const { plan, waiting, isLaunched } = question;
  const dialog = useRef<HTMLDialogElement>(null);
  const why = useRef<HTMLInputElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const onClose = (): void =>
    onAnswer(dialog.current?.returnValue === 'skip' ? (why.current?.value.trim() ?? '') : undefined);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="skip-title"
      aria-describedby="skip-text"
      onClose={onClose}
    >
      <h2 id="skip-title">Give up on {plural(plan.missing, 'message')}?</h2>
      <p id="skip-text">{whatHappens(plan)}</p>
      <Released plan={plan} waiting={waiting} />
      <p>{whatFollows(isLaunched)}</p>
      <form method="dialog">
        <label for="skip-why">Why? The answer stands in the history.</label>
        <input id="skip-why" ref={why} type="text" maxLength={mostWhy} autocomplete="off" />
        <div class="dialog-buttons">
          {/* The safe answer has the focus, and is the one that Enter gives. */}
          <button value="wait" autofocus>
            Keep waiting
          </button>
          <button value="skip" class="danger">
            Skip {rangesText(plan.gaps, 3)}
          </button>
        </div>
      </form>
    </dialog>
  );
};

/** What the rocket said that becomes history then, whether or not it keeps the rules. */
const Released = ({
  plan,
  waiting,
}: {
  readonly plan: SkipPlan;
  readonly waiting: readonly MessageJson[];
}) => {
  const released = waiting.filter(({ number }) => number < (plan.next?.from ?? Infinity));
  if (released.length === 0) return null;
  const more = plan.released - Math.min(released.length, mostListed);
  return (
    <ul class="released">
      {released.slice(0, mostListed).map((message) => (
        <li key={message.number}>
          <span class="number">{figure(message.number)}</span> {eventWords[message.type]}:{' '}
          {messageText(message)}
        </li>
      ))}
      {more > 0 && <li>and {plural(more, 'more message')}</li>}
    </ul>
  );
};

const whatHappens = ({ gaps, missing, released, stillWaiting, next }: SkipPlan): string => {
  const those = `${missing === 1 ? 'Message' : 'Messages'} ${rangesText(gaps)}`;
  const history = `${plural(released, 'message that waits becomes', 'messages that wait become')} history`;
  const rest =
    next === undefined
      ? 'Nothing waits then'
      : `${plural(stillWaiting, 'waits', 'wait')} on, for ${rangeText(next)}`;
  return `${those} will be recorded as skipped, and ${history}. ${rest}.`;
};

const whatFollows = (isLaunched: boolean): string =>
  [
    'The rocket is marked incomplete for ever: its figures leave out whatever the skipped messages said.',
    isLaunched ? '' : 'Its speed, type and mission stay unknown until a launch is heard.',
    'Should they still arrive, they are kept as late messages and change nothing. This can’t be undone.',
  ]
    .filter(Boolean)
    .join(' ');
