import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** One NDJSON request. */
export const postLines = async (port: number, body: string): Promise<void> => {
  const [status, said] = await answerTo(port, body);
  if (status !== 200) throw new Error(`${status}: ${said}`);
};

/** The same, sent again as senders do where the service asks for it, and said so. */
export const postLinesUntilTaken = async (port: number, body: string): Promise<void> => {
  for (;;) {
    const [status, said] = await answerTo(port, body);
    if (status === 200) return;
    if (status !== 503) throw new Error(`${status}: ${said}`);
    process.stderr.write(`sent again: ${said}\n`);
  }
};

const answerTo = (port: number, body: string): Promise<[status: number | undefined, said: string]> =>
  new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const req = request({ port, host: '127.0.0.1', method: 'POST', path: '/messages', headers }, (res) => {
      text(res).then((said) => resolve([res.statusCode, said]), reject);
    });
    req.on('error', reject);
    req.end(body);
  });
