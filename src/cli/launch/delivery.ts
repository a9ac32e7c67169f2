/** How a run ended. `gave-up`: the service did not take a single message for longer than we were told to wait. */
export type Ending = 'complete' | 'interrupted' | 'gave-up';

export interface DeliveryRules {
  readonly concurrency: number;
  readonly delayMs: number;
  readonly perSecond: number | undefined;
  /**
   * False: as the official program, which repeats every 4xx and 5xx and drops what still waits for a retry at the end.
   * True: a 4xx is an answer, and the run ends only when everything else was taken.
   */
  readonly patient: boolean;
  readonly patienceMs: number;
}
