import {
  type Connection,
  connectionAfter,
  describeConnection,
  notConnected,
  type Signal,
} from '../../web/model/connection.js';

const noon = Date.parse('2026-10-01T12:00:00Z');
const after = (...signals: readonly [Signal, atSeconds: number][]): Connection =>
  signals.reduce((state, [signal, at]) => connectionAfter(state, signal, noon + at * 1000), notConnected);
const said = (connection: Connection, atSeconds: number) =>
  describeConnection(connection, noon + atSeconds * 1000);

describe('the state of the connection', () => {
  it('is live once everything is loaded', () => {
    expect(said(after(['opened', 0]), 0)).toMatchObject({ tone: 'busy', label: 'Loading', banner: null });
    expect(said(after(['opened', 0], ['loaded', 1]), 1)).toMatchObject({ tone: 'good', label: 'Live' });
  });

  it('makes no fuss about a blink and tells a stale page with its time', () => {
    const lost = after(['opened', 0], ['loaded', 1], ['lost', 10]);
    expect(said(lost, 12)).toMatchObject({ tone: 'busy', label: 'Reconnecting', banner: null });
    expect(said(lost, 15)).toMatchObject({ tone: 'bad', label: 'Stale', since: ' since 12:00:10' });
    expect(said(lost, 15).banner).toContain('12:00:10');
  });

  it('stays stale through every failed attempt and while loading again', () => {
    const trying = after(
      ['opened', 0],
      ['loaded', 1],
      ['lost', 10],
      ['opened', 20],
      ['lost', 30],
      ['opened', 40],
    );
    expect(said(trying, 41).since).toBe(' since 12:00:10');
    expect(said(connectionAfter(trying, 'loaded', noon), 42).label).toBe('Live');
  });

  it('notices a service that keeps the line open and says nothing', () => {
    const silent = after(['opened', 0], ['loaded', 1], ['silent', 10]);
    expect(said(silent, 20).since).toBe(' since 12:00:10');
    expect(said(connectionAfter(silent, 'answered', noon), 20).label).toBe('Live');
  });

  it('does not call a page live because its health answered', () => {
    expect(after(['lost', 0], ['answered', 1]).phase).toBe('lost');
  });

  it('says when there never was a connection', () => {
    expect(said(after(['lost', 0]), 60)).toMatchObject({ tone: 'bad', label: 'No connection' });
  });
});
