import type { Mission } from '../live/mission.js';
import { AsOfQuestion, RocketLog } from '../live/rocket-log.js';
import { figuresOf } from '../model/fleet.js';
import { figure } from '../model/format.js';
import { type ChartAxis, speedChart } from '../model/history.js';
import { rocketHref, withParams } from '../model/route.js';
import type { RocketJson } from '../model/wire.js';
import { speedText, statusWords } from '../model/wording.js';
import { copyButton } from './copy-button.js';
import { h, icon, setText } from './dom.js';
import { gapsPanel } from './gaps-panel.js';
import { historyList } from './history-list.js';
import { rocketFigures, type ShownState } from './rocket-figures.js';
import type { Screen } from './screen.js';
import { speedChartView } from './speed-chart.js';
import { timeSlider } from './time-slider.js';

/** The chart and the list of a busy rocket are redrawn this often; its figures with every frame. */
const redrawMs = 250;

export const rocketScreen = (mission: Mission, channel: string, params: URLSearchParams): Screen => {
  const log = new RocketLog(mission, channel);
  let chosen = versionFrom(params);
  let axis: ChartAxis = 'time';
  let drawn: unknown[] = [];
  let drawnAt = -Infinity;
  let timer = 0;
  let answer: { version: number; rocket: RocketJson } | undefined;
  const question = new AsOfQuestion(channel, (version, rocket) => {
    answer = { version, rocket };
    render();
  });

  const pick = (version: number | null): void => {
    chosen = version;
    const address = new URLSearchParams(version === null ? {} : { version: String(version) });
    history.replaceState(null, '', withParams(rocketHref(channel), address));
    render();
  };
  const chart = speedChartView(pick);
  const list = historyList(pick);
  const slider = timeSlider(pick);
  const figures = rocketFigures();
  const gaps = gapsPanel(mission, channel);
  const axes = axisSwitch((next) => {
    axis = next;
    draw();
  });
  const frame = rocketFrame(channel, { figures, chart, slider, axes, list, gaps }, () => log.loadMore());

  const draw = (): void => {
    const { steps } = log.history;
    const wanted = [log.history, steps.length, axis];
    if (wanted.some((part, index) => part !== drawn[index])) {
      drawn = wanted;
      drawnAt = performance.now();
      chart.show(speedChart(steps, axis), axis === 'time');
    }
    chart.choose(chosen);
    list.render(steps, chosen);
  };

  const stateNow = (row: RocketJson): ShownState => {
    if (chosen === null || chosen >= row.version) return row;
    const step = log.history.at(chosen);
    if (chosen <= log.history.version)
      return step === undefined ? beforeAnything : { ...figuresOf(step.rocket), updatedAt: step.event.time };
    if (answer?.version !== chosen) question.ask(chosen);
    return answer?.rocket ?? row;
  };

  const render = (): void => {
    log.checkReload();
    const row = mission.fleet.row(channel);
    frame.render(log, row);
    if (row === undefined) return;
    const state = stateNow(row);
    const asOf = chosen !== null && chosen < row.version;
    figures.render(state, asOf ? `${figure(chosen)} of ${figure(row.version)}` : versionText(row), asOf);
    slider.render(
      row.version,
      asOf ? chosen : null,
      `${statusWords[state.status]}, speed ${speedText(state)}`,
    );
    gaps.render();
    clearTimeout(timer);
    const wait = drawnAt + redrawMs - performance.now();
    if (wait <= 0 || asOf) draw();
    else timer = window.setTimeout(draw, wait);
  };

  const dispose = (): void => {
    clearTimeout(timer);
    log.dispose();
    chart.dispose();
    list.dispose();
  };
  return { element: frame.element, title: `Rocket ${channel.slice(0, 8)}`, render, dispose };
};

interface Parts {
  readonly figures: ReturnType<typeof rocketFigures>;
  readonly chart: ReturnType<typeof speedChartView>;
  readonly slider: ReturnType<typeof timeSlider>;
  readonly axes: HTMLElement;
  readonly list: ReturnType<typeof historyList>;
  readonly gaps: ReturnType<typeof gapsPanel>;
}

const rocketFrame = (channel: string, parts: Parts, onMore: () => void) => {
  const name = h('span', {}, channel);
  const message = h('p', { class: 'none', role: 'status' });
  const more = h('button', { type: 'button', class: 'toggle', click: onMore }, 'Load more of the history');
  const content = h(
    'div',
    { class: 'rocket-content' },
    parts.figures.element,
    h(
      'section',
      { class: 'panel chart-panel', 'aria-label': 'Speed' },
      h('div', { class: 'panel-head' }, h('h2', {}, 'Speed'), parts.axes),
      parts.chart.element,
      parts.slider.element,
    ),
    h(
      'div',
      { class: 'columns' },
      h('div', { class: 'board' }, parts.list.element, more),
      h('aside', { class: 'rail', 'aria-label': 'Gaps' }, parts.gaps.element),
    ),
  );
  const element = h(
    'div',
    { class: 'rocket-screen' },
    h('a', { class: 'back', href: '#/' }, icon('back'), 'Fleet'),
    h('div', { class: 'title' }, h('h1', { class: 'channel-title' }, name), copyButton(name, 'the channel')),
    message,
    content,
  );
  const render = (log: RocketLog, row: RocketJson | undefined): void => {
    content.hidden = row === undefined;
    more.hidden = !log.partial;
    setText(message, row === undefined ? messages[log.state] : '');
  };
  return { element, render };
};

const messages: Readonly<Record<RocketLog['state'], string>> = {
  loading: 'Loading …',
  ready: 'Nothing has been heard on this channel.',
  unknown: 'Nothing has been heard on this channel. It shows up here with its first message.',
  failed: 'The history could not be loaded. It is tried again when the connection is back.',
};

const axisSwitch = (onChange: (axis: ChartAxis) => void): HTMLElement => {
  const choices = [
    { axis: 'time', label: 'By time sent' },
    { axis: 'number', label: 'By number' },
  ] as const;
  const buttons = choices.map(({ axis, label }) =>
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(axis === 'time'),
        click: (event) => {
          for (const button of buttons)
            button.setAttribute('aria-pressed', String(button === event.currentTarget));
          onChange(axis);
        },
      },
      label,
    ),
  );
  return h('div', { class: 'segments', role: 'group', 'aria-label': 'Horizontal axis' }, ...buttons);
};

const versionFrom = (params: URLSearchParams): number | null => {
  const text = params.get('version');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
};

const versionText = ({ version, highestHeard, waiting, late }: RocketJson): string =>
  figure(version) +
  (waiting === 0 ? '' : ` of ${figure(highestHeard)}, ${figure(waiting)} waiting`) +
  (late === 0 ? '' : `, ${figure(late)} late`);

const beforeAnything: ShownState = {
  status: 'awaiting-launch',
  speed: null,
  speedChange: null,
  mission: null,
  type: null,
  reason: null,
  launchedAt: null,
  updatedAt: null,
};
