import type { Random } from './random.js';
import type { Trace } from './trace.js';

interface Task {
  readonly at: number;
  readonly tie: number;
  readonly kind: string;
  readonly run: () => void;
}

/** Simulated time: nothing happens but the tasks, one after the other; what is due together runs in a drawn order. */
export class Scheduler {
  /** Simulated milliseconds since the start. */
  now = 0;
  private readonly heap: Task[] = [];

  constructor(
    private readonly random: Random,
    private readonly trace: Trace,
  ) {}

  after(delay: number, kind: string, run: () => void): void {
    const task: Task = { at: this.now + delay, tie: this.random.next(), kind, run };
    let at = this.heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(this.heap[parent]!, task)) break;
      this.heap[at] = this.heap[parent]!;
      at = parent;
    }
    this.heap[at] = task;
  }

  /** Runs what is due next; false when nothing ever will be. */
  step(): boolean {
    const task = this.heap[0];
    if (task === undefined) return false;
    this.removeFirst();
    this.now = task.at;
    this.trace.add(task.kind, task.at);
    task.run();
    return true;
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.tie < b.tie);
