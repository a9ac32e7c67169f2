import type { ReceivedSpan } from './span-receiver.js';

const STEP = 3;

interface Line {
  readonly text: string;
  readonly span: ReceivedSpan;
}

/**
 * One message's way, drawn: what is part of what, from when to when, and for how long. The bars are not to scale, or nothing
 * would be seen beside what waits for long: each moment at which something begins or ends is one step further.
 */
export const waterfall = (spans: readonly ReceivedSpan[]): string => {
  const lines = treeOf(spans);
  const moments = [...new Set(lines.flatMap(({ span }) => [span.startedAt, span.endedAt]))].sort(
    (a, b) => a - b,
  );
  const at = (moment: number): number => STEP * moments.indexOf(moment);
  const width = Math.max(...lines.map(({ text }) => text.length));
  const most = at(moments.at(-1)!) + 1;
  return lines
    .map(({ text, span }) => {
      const [from, to] = [at(span.startedAt), at(span.endedAt)];
      const bar = from === to ? '│' : `├${'─'.repeat(to - from - 1)}┤`;
      const took = `${(span.endedAt - span.startedAt).toFixed(1)} ms`;
      return `${text.padEnd(width)}  ${(' '.repeat(from) + bar).padEnd(most)}  ${took.padStart(9)}`;
    })
    .join('\n');
};

/** What of a picture is the same each time: what is part of what, and in which order it began. */
export const shapeOf = (picture: string): string =>
  picture
    .split('\n')
    .map((line) => line.replace(/^([│├└ ]*\w[^├│]*?) *[├│].*$/, '$1'))
    .join('\n')
    .trim();

/** Those that a page of the documentation shows. */
export const picturesOf = (page: string): string[] =>
  [...page.matchAll(/```text\n([^`]*├─[^`]*)```/g)].map(([, picture]) => picture!.trimEnd());

const treeOf = (spans: readonly ReceivedSpan[]): Line[] => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const partsOf = (whole: string | undefined): ReceivedSpan[] =>
    spans
      .filter(({ parentSpanId }) => (ids.has(parentSpanId ?? '') ? parentSpanId : undefined) === whole)
      .sort((one, other) => one.startedAt - other.startedAt || one.endedAt - other.endedAt);
  const linesOf = (span: ReceivedSpan, before: string, branch: string): Line[] => {
    const parts = partsOf(span.spanId);
    const inner = before + (branch === '' ? '' : branch === '└ ' ? '  ' : '│ ');
    return [
      { text: before + branch + labelOf(span), span },
      ...parts.flatMap((part, i) => linesOf(part, inner, i === parts.length - 1 ? '└ ' : '├ ')),
    ];
  };
  return partsOf(undefined).flatMap((root) => linesOf(root, '', ''));
};

const labelOf = ({ name, attributes, status }: ReceivedSpan): string => {
  const said = [attributes['rockets.outcome'], attributes['rockets.delivered']].filter(Boolean);
  const failed = status.code === 2 ? ' (failed)' : '';
  return `${name}${said.length > 0 ? `: ${said.join(', ')}` : ''}${failed}`;
};
