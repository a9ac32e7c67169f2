import { request } from 'node:http';
import type { Exchange } from './openapi-validator.js';

export interface Call {
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Stops reading, and hangs up, once the body contains this: for answers that never end. */
  readonly until?: string;
}

/** One request with exactly these headers: no client adds an `Accept` of its own. */
export const exchange = (origin: string, call: Call): Promise<Exchange> =>
  new Promise((resolve, reject) => {
    const { method = 'GET', url, headers = {}, body, until } = call;
    const req = request(origin + url, { method, headers, agent: false }, (res) => {
      let text = '';
      const done = (): void => {
        resolve({ method, url, status: res.statusCode ?? 0, headers: res.headers, body: text });
      };
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
        if (until === undefined || !text.includes(until)) return;
        done();
        req.destroy();
      });
      res.on('end', done);
      res.on('error', (error) => (until === undefined ? reject(error) : undefined));
    });
    req.on('error', reject);
    req.end(body);
  });
