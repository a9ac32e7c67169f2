import { performance } from 'node:perf_hooks';

/** In which part of the time since it was asked last the event loop had something to do: 0 to 1. */
export const busyLoop = (): (() => number) => {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
};
