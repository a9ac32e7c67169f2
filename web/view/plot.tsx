import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

export type Colours = (name: string) => string;

interface Props {
  readonly class: string;
  /** What it shows, for those who do not see it. */
  readonly label: string;
  readonly height: number;
  /** Anything in the options that changed makes the plot anew. */
  readonly optionsKey: string;
  readonly options: (colour: Colours) => Omit<uPlot.Options, 'width' | 'height'>;
  readonly data: uPlot.AlignedData;
  /** New data keep the part of the axis that is shown. */
  readonly keepScales?: boolean;
  readonly onPlot?: (plot: uPlot) => void;
}

/** A uPlot in the colours of the page: made anew with another theme, drawn anew with other data. */
export const Plot = (props: Props) => {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const host = element.current;
    if (host === null) return undefined;
    const colour: Colours = (name) => getComputedStyle(host).getPropertyValue(name).trim();
    const build = (): void => {
      plot.current?.destroy();
      const { options, data, height, onPlot } = latest.current;
      plot.current = new uPlot({ ...options(colour), width: host.clientWidth, height }, data, host);
      onPlot?.(plot.current);
    };
    build();
    const resize = new ResizeObserver(() =>
      plot.current?.setSize({ width: host.clientWidth, height: latest.current.height }),
    );
    resize.observe(host);
    document.addEventListener('themechange', build);
    return () => {
      resize.disconnect();
      document.removeEventListener('themechange', build);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [props.optionsKey]);
  useEffect(() => {
    const { keepScales = false } = latest.current;
    plot.current?.setData(props.data, !keepScales);
    if (keepScales) plot.current?.redraw();
  }, [props.data]);
  return <div ref={element} class={props.class} role="img" aria-label={props.label} />;
};

/** As fine as the distance between two labels asks for. */
export const timeLabel =
  (stepMs: number) =>
  (millis: number): string => {
    const time = new Date(millis).toISOString();
    if (stepMs >= 86_400_000) return time.slice(0, 10);
    if (stepMs >= 60_000) return time.slice(11, 16);
    return time.slice(11, stepMs >= 1_000 ? 19 : 23);
  };

export const utcDate = (millis: number): Date => uPlot.tzDate(new Date(millis), 'Etc/UTC');
