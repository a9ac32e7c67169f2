import fc from 'fast-check';
import { ReplyReader, type Reply } from '../../../src/cli/launch/reply-reader.js';

const read = (text: string, cuts: readonly number[] = []): Reply | undefined => {
  const reader = new ReplyReader();
  const bytes = Buffer.from(text);
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b).concat(bytes.length);
  let start = 0;
  for (const end of ends) {
    const reply = reader.take(bytes.subarray(start, end));
    if (reply) return reply;
    start = end;
  }
  return undefined;
};

describe('reading replies', () => {
  const empty = 'HTTP/1.1 202 Accepted\r\nRocket-Outcome: applied\r\nContent-Length: 0\r\n\r\n';
  const full = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 13\r\n\r\n{"title":"x"}';

  it('knows an empty reply and its outcome', () => {
    expect(read(empty)).toEqual({ status: 202, outcome: 'applied', empty: true, reusable: true });
  });

  it('waits until the body has passed, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 200 })), (cuts) => {
        expect(read(full, cuts)).toEqual({ status: 400, outcome: undefined, empty: false, reusable: true });
        expect(read(empty, cuts)).toMatchObject({ status: 202, outcome: 'applied' });
      }),
    );
    expect(read(full.slice(0, -1))).toBeUndefined();
  });

  it('reads one reply after the other', () => {
    const reader = new ReplyReader();
    expect(reader.take(Buffer.from(full))).toMatchObject({ status: 400 });
    expect(reader.take(Buffer.from(empty))).toMatchObject({ status: 202 });
  });

  it('passes over interim replies', () => {
    expect(read(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${empty}`)).toMatchObject({ status: 202 });
  });

  it('never uses a connection again whose reply has no known end, or says close', () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(read(chunked)).toMatchObject({ status: 200, empty: false, reusable: false });
    expect(read(empty.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).toMatchObject({
      reusable: false,
    });
  });

  it('takes nothing else for HTTP', () => {
    expect(() => read('SSH-2.0-OpenSSH_9.6\r\n\r\n')).toThrow(/not HTTP/);
    expect(() => read('x'.repeat(70_000))).toThrow(/does not end/);
  });
});
