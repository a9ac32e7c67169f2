import { dateTime, unknown } from '../model/format.js';
import type { RocketStatus } from '../model/wire.js';
import { speedChangeTitle, speedText } from '../model/wording.js';
import { h, setText } from './dom.js';
import { statusMark } from './parts.js';

export interface ShownState {
  readonly status: RocketStatus;
  readonly speed: number | null;
  readonly speedChange: number | null;
  readonly mission: string | null;
  readonly type: string | null;
  readonly reason: string | null;
  readonly launchedAt: string | null;
  readonly updatedAt: string | null;
}

const fields = ['Speed', 'Mission', 'Type', 'Launched', 'Last report', 'Version'] as const;

export const rocketFigures = () => {
  const values = new Map(fields.map((name) => [name, h('dd', {}, unknown)]));
  const status = h('dd', {});
  const element = h(
    'dl',
    { class: 'figures' },
    h('div', { class: 'figure-status' }, h('dt', {}, 'Status'), status),
    ...[...values].map(([name, value]) =>
      h('div', { class: `figure-${name.toLowerCase().replace(' ', '-')}` }, h('dt', {}, name), value),
    ),
  );
  let shownStatus: string | undefined;
  const render = (state: ShownState, version: string, asOf: boolean): void => {
    const statusKey = `${state.status} ${state.reason ?? ''}`;
    if (shownStatus !== statusKey) {
      shownStatus = statusKey;
      status.replaceChildren(statusMark(state.status));
      if (state.reason !== null) status.append(h('span', { class: 'reason' }, state.reason));
    }
    const texts: Record<(typeof fields)[number], string> = {
      Speed: speedText(state),
      Mission: state.mission ?? unknown,
      Type: state.type ?? unknown,
      Launched: dateTime(state.launchedAt),
      'Last report': dateTime(state.updatedAt),
      Version: version,
    };
    for (const [name, value] of values) setText(value, texts[name]);
    values.get('Speed')!.title = state.speedChange === null ? '' : speedChangeTitle;
    element.classList.toggle('as-of', asOf);
  };
  return { element, render };
};
