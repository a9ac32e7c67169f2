import fc from 'fast-check';
import { SseReader } from '../../../src/cli/watch/sse-reader.js';

const stream =
  'retry: 2000\n\n: ping\n\nid: k-1\ndata: {"a":1}\n\nevent: gaps-changed\ndata: {"channel":"a"}\r\n\r\ndata: x\ndata: y\n\nid: k-9\n\n';
const messages = [
  { event: 'message', data: '{"a":1}' },
  { event: 'gaps-changed', data: '{"channel":"a"}' },
  { event: 'message', data: 'x\ny' },
];

describe('reading an event stream', () => {
  it('gives the same messages in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: stream.length })), (cuts) => {
        const reader = new SseReader();
        const ends = [...cuts, stream.length].sort((a, b) => a - b);
        const found = ends.flatMap((end, index) => [...reader.take(stream.slice(ends[index - 1] ?? 0, end))]);
        expect(found).toEqual(messages);
        expect(reader.retryMs).toBe(2000);
        expect(reader.lastId).toBe('k-9');
      }),
    );
  });
});
