import type { RocketStatus } from '../model/wire.js';
import { statusWords } from '../model/wording.js';
import { h, icon } from './dom.js';

/** A UUID is told apart by its beginning; the rest stays, quietly, for copying and searching. */
export const channelName = (channel: string): HTMLElement => {
  const cut = channel.length === 36 ? 8 : channel.length;
  return h(
    'span',
    { class: 'channel', title: channel },
    h('b', {}, channel.slice(0, cut)),
    channel.slice(cut),
  );
};

export const statusMark = (status: RocketStatus): HTMLElement =>
  h('span', { class: `status status-${status}` }, icon(status), statusWords[status]);
