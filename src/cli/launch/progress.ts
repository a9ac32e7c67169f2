import { SingleBar } from 'cli-progress';
import { inSeconds, inThousands, type Output } from '../output.js';
import type { Tally } from './tally.js';

const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 2000;

/** Shows how far a run is: a bar where somebody watches, a line from time to time elsewhere. Returns how to stop. */
export const showProgress = (tally: Tally, expected: number, output: Output): (() => void) => {
  const done = (): number => tally.delivered + tally.malformedRefused + tally.malformedAccepted;
  const left = (): string => (done() === 0 ? '?' : inSeconds((expected - done()) / tally.rate));
  if (!output.interactive) {
    const line = (): string =>
      `${inThousands(done())} of ${inThousands(expected)} sent, ${inThousands(tally.rate)}/s, ${left()} left`;
    const timer = setInterval(() => output.err(line()), LINE_EVERY_MS);
    return () => clearInterval(timer);
  }
  const format = ' {bar} {percentage}% | {sent} of {all} | {rate}/s | {left} left';
  const bar = new SingleBar({ format, barCompleteChar: '█', barIncompleteChar: '░', hideCursor: true });
  const payload = (): object => ({
    sent: inThousands(done()),
    all: inThousands(expected),
    rate: inThousands(tally.rate),
    left: left(),
  });
  const update = (): void => bar.update(Math.min(done(), expected), payload());
  bar.start(expected, 0, payload());
  const timer = setInterval(update, BAR_EVERY_MS);
  return () => {
    clearInterval(timer);
    update();
    bar.stop();
  };
};
