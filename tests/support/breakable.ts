/** The same object, except that every call rejects with the error that `failure` gives, while it gives one. */
export const breakable = <T extends object>(target: T, failure: () => Error | undefined): T =>
  new Proxy(target, {
    get: (_target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const error = failure();
        return error === undefined ? Reflect.apply(value, target, args) : Promise.reject(error);
      };
    },
  });
