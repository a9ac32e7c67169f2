import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { RefusalRule } from '../../src/domain/rocket-event.js';
import type { RocketStatus } from '../model/wire.js';
import { ruleWords, statusWords } from '../model/wording.js';
import { Icon } from './icons.js';
import { notify } from './notice.js';

/** A UUID is told apart by its beginning; the rest stays, quietly, for copying and searching. */
export const ChannelName = ({ channel }: { readonly channel: string }) => {
  const cut = channel.length === 36 ? 8 : channel.length;
  return (
    <span class="channel" title={channel}>
      <b>{channel.slice(0, cut)}</b>
      {channel.slice(cut)}
    </span>
  );
};

export const StatusMark = ({ status }: { readonly status: RocketStatus }) => (
  <span class={`status status-${status}`}>
    <Icon name={status} />
    {statusWords[status]}
  </span>
);

export const RuleMark = ({ rule }: { readonly rule: RefusalRule }) => (
  <span class="signal signal-refused" title={ruleWords[rule]}>
    {rule}
  </span>
);

interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

/** One of a few, all of them in sight. */
export const Segments = <T extends string>(props: {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly chosen: T;
  readonly onChoose: (value: T) => void;
}) => (
  <div class="segments" role="group" aria-label={props.label}>
    {props.choices.map(({ value, label }) => (
      <button
        key={value}
        type="button"
        aria-pressed={value === props.chosen}
        onClick={() => props.onChoose(value)}
      >
        {label}
      </button>
    ))}
  </div>
);

export const PauseButton = (props: {
  readonly isPaused: boolean;
  readonly title: string;
  readonly onChange: (isPaused: boolean) => void;
}) => (
  <button
    type="button"
    class="toggle"
    aria-pressed={props.isPaused}
    title={props.title}
    onClick={() => props.onChange(!props.isPaused)}
  >
    <Icon name={props.isPaused ? 'play' : 'pause'} />
    {props.isPaused ? 'Paused' : 'Pause'}
  </button>
);

/** The clipboard needs a secure page; elsewhere the text is selected, ready for the keyboard. */
export const Copyable = (props: {
  readonly what: string;
  readonly as?: 'code' | 'span' | 'pre';
  readonly children: ComponentChildren;
}) => {
  const source = useRef<HTMLElement>(null);
  // Said on the button, too: behind a dialog nobody sees or hears the notice.
  const done = useSignal('Copy');
  const press = async (): Promise<void> => {
    done.value = await copy(source.current);
    setTimeout(() => (done.value = 'Copy'), 5_000);
  };
  const Text = props.as ?? 'code';
  return (
    <>
      <Text ref={source as never}>{props.children}</Text>
      <button
        type="button"
        class="quiet copy"
        aria-label={`${done.value} ${props.what}`}
        onClick={() => void press()}
      >
        {done.value}
      </button>
    </>
  );
};

const copy = async (source: HTMLElement | null): Promise<string> => {
  try {
    await navigator.clipboard.writeText(source?.textContent ?? '');
    notify('Copied.');
    return 'Copied';
  } catch {
    if (source !== null) getSelection()?.selectAllChildren(source);
    notify('Selected. Press Ctrl+C to copy.');
    return 'Selected';
  }
};
