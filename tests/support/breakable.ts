/**
 * The same object, except that every call rejects with the error that `failure` gives, while it gives one; all but
 * those by which a store only says when to begin, or how positions stand.
 */
export const breakable = <T extends object>(target: T, failure: () => Error | undefined): T =>
  new Proxy(target, {
    get: (_target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || name === 'gather' || name === 'compare') return value;
      return (...args: unknown[]): unknown => {
        const error = failure();
        return error === undefined ? Reflect.apply(value, target, args) : Promise.reject(error);
      };
    },
  });
