/** A pause that somebody else may end before its time. */
export class Pause {
  /** Ends the one that is on, if any. */
  end = (): void => undefined;

  /** For so long at the most; without a time until it is ended. */
  take(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms).unref();
      this.end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
