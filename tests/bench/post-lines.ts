import { request } from 'node:http';

/** One NDJSON request. */
export const postLines = (port: number, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const req = request({ port, host: '127.0.0.1', method: 'POST', path: '/messages', headers }, (res) => {
      res.resume();
      res.on('end', () => (res.statusCode === 200 ? resolve() : reject(new Error(String(res.statusCode)))));
    });
    req.on('error', reject);
    req.end(body);
  });
