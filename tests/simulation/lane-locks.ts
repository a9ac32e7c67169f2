/** Locks that are held to the end of a transaction; who comes while one is held waits for it in turn. */
export class LaneLocks<Holder extends object> {
  private readonly holders = new Map<number, Holder>();
  private readonly queues = new Map<number, { readonly holder: Holder; readonly go: () => void }[]>();

  /** Takes one after the other, in the order given; answers whether all of them were free. */
  take(holder: Holder, [lane, ...others]: readonly number[], go: () => void): boolean {
    if (lane === undefined) {
      go();
      return true;
    }
    const next = (): boolean => {
      this.holders.set(lane, holder);
      return this.take(holder, others, go);
    };
    if (!this.holders.has(lane)) return next();
    const queue = this.queues.get(lane) ?? [];
    this.queues.set(lane, queue);
    queue.push({ holder, go: next });
    return false;
  }

  release(holder: Holder): void {
    for (const queue of this.queues.values()) {
      const index = queue.findIndex((each) => each.holder === holder);
      if (index !== -1) queue.splice(index, 1);
    }
    for (const [lane, by] of [...this.holders]) {
      if (by !== holder) continue;
      this.holders.delete(lane);
      this.queues.get(lane)?.shift()?.go();
    }
  }
}
