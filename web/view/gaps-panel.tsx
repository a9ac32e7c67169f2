import { useSignal } from '@preact/signals';
import { get, rocketPath, skipGaps } from '../live/api.js';
import { lookAgain } from '../live/askers.js';
import { may } from '../live/session.js';
import { useAnswer } from '../live/use-answer.js';
import { dateTime, figure, plural, shortTime } from '../model/format.js';
import { rangeText, sizeOf, skipPlan } from '../model/gaps.js';
import type { GapJson, MessageJson, RocketJson } from '../model/wire.js';
import { Icon } from './icons.js';
import { notify } from './notice.js';
import { SkipDialog, type SkipQuestion } from './skip-dialog.js';

/** More are counted only: a page must not grow without end. */
const mostShown = 20;

interface Props {
  readonly rocket: RocketJson;
  readonly at: number;
}

/** What is missing on one rocket, and the way to give it up. */
export const GapsPanel = ({ rocket, at }: Props) => {
  const { channel } = rocket;
  const path = `${rocketPath(channel)}/gaps`;
  const gaps = useAnswer<GapJson[]>(`${path}?limit=${String(mostShown + 1)}`).answer.value?.value ?? [];
  const question = useSignal<SkipQuestion | undefined>(undefined);

  const ask = async ({ to }: GapJson): Promise<void> => {
    // What is shown may be a second old; what is said to happen is not.
    const [all, waiting] = await Promise.all([
      get<GapJson[]>(`${path}?limit=1000`),
      get<MessageJson[]>(`${rocketPath(channel)}/waiting?limit=1000`),
    ]);
    const plan = skipPlan(all, all.findIndex((gap) => gap.to === to) + 1);
    if (plan.gaps.length === 0) return notify('This gap has closed meanwhile.');
    question.value = { plan, waiting, isLaunched: rocket.status !== 'awaiting-launch' };
  };
  const skip = async ({ plan }: SkipQuestion, why: string): Promise<void> => {
    const [first] = plan.gaps;
    const last = plan.gaps.at(-1);
    if (first === undefined || last === undefined) return;
    // One gap is named as it was shown, so that another one is not skipped by mistake.
    const what = plan.gaps.length === 1 ? { from: first.from, to: first.to } : { upTo: last.to };
    const skipped = await skipGaps(channel, { ...what, ...(why !== '' && { why }) });
    notify(`Skipped ${plural(skipped.numbers, 'message')}, ${rangeText(skipped)}.`);
  };
  const answered = (why: string | undefined): void => {
    const asked = question.peek();
    question.value = undefined;
    if (asked !== undefined && why !== undefined) void telling(skip(asked, why));
  };

  return (
    <section class={`panel panel-gap ${gaps.length === 0 ? 'calm' : ''}`} aria-label="Gaps">
      <h2>
        <Icon name="gap" />
        Gaps
        <strong class="count">
          {gaps.length > mostShown ? `over ${String(mostShown)}` : figure(gaps.length)}
        </strong>
      </h2>
      {gaps.length === 0 && <p class="none">Every number up to the highest heard has arrived.</p>}
      <div class="gap-list">
        {gaps.slice(0, mostShown).map((gap, index) => (
          <div class="gap-card" key={gap.to}>
            <strong class="gap-range">{rangeText(gap)}</strong>
            <span>
              {plural(sizeOf(gap), 'message')} missing, {figure(gap.waiting)} waiting behind
            </span>
            <span class="when" title={`${dateTime(gap.since)} UTC`}>
              since {shortTime(gap.since, at)}
            </span>
            {may.value.operate && (
              <button type="button" class="danger-quiet" onClick={() => void telling(ask(gap))}>
                {/* Gaps close from below: those before it go with it. */}
                {index === 0 ? 'Skip …' : 'Skip up to here …'}
              </button>
            )}
          </div>
        ))}
      </div>
      {!rocket.complete && (
        <p class="waits">
          <b>Incomplete:</b> messages were skipped, the figures leave out what they said.
        </p>
      )}
      {may.value.operate && question.value !== undefined && (
        <SkipDialog question={question.value} onAnswer={answered} />
      )}
    </section>
  );
};

const telling = async (work: Promise<void>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    notify(error instanceof Error ? error.message : 'Nothing was skipped.');
  }
  lookAgain();
};
