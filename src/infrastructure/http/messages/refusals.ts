import type { ServerResponse } from 'node:http';
import { sendProblem, type Problem } from '../problem.js';

interface Refusal {
  readonly res: ServerResponse;
  readonly problem: Problem;
  readonly requestId: string;
}

/**
 * Says no to those for whom there is no room, to all of one turn of the event loop together. Told at once, a thousand
 * senders that try again at once keep Node reading, and whoever waits for the next turn, as those do who make room,
 * has it seconds later.
 */
export class Refusals {
  private waiting: Refusal[] = [];

  add(res: ServerResponse, problem: Problem, requestId: string): void {
    if (this.waiting.push({ res, problem, requestId }) === 1) setImmediate(this.tell);
  }

  private readonly tell = (): void => {
    const { waiting } = this;
    this.waiting = [];
    for (const { res, problem, requestId } of waiting) sendProblem(res, problem, requestId);
  };
}
