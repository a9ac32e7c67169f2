import { StoreDamaged } from '../relational/store-errors.js';
import type { ProvenRocket } from './rocket-proof.js';

export interface RebuildReport {
  readonly rockets: number;
  readonly events: number;
  /** Rockets of which something was not as the events say. */
  readonly changed: number;
  /** Whether the figures of the fleet were others. */
  readonly totalsChanged: boolean;
}

export const beyondRepair = (what: string): StoreDamaged =>
  new StoreDamaged(
    `${what}. The states can be made anew, what they are made of can't: nothing was changed. Restore a copy, or see what "rockets export" still says.`,
  );

/** What was lost of the events and messages themselves can't be mended, and is not to be covered up. */
export const requireMendable = ({ findings: { lost } }: ProvenRocket): void => {
  if (lost.length > 0) throw beyondRepair(lost[0]!);
};
