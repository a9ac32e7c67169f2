import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { PieceTurns, type PieceSender } from '../../../../src/infrastructure/http/messages/piece-turns.js';

/** Of a socket only whether it rests. */
class FakeSocket extends EventEmitter {
  rests = false;

  pause(): void {
    this.rests = true;
  }

  resume(): void {
    this.rests = false;
    this.emit('resume');
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const join = (turns: PieceTurns): { readonly socket: FakeSocket; readonly sender: PieceSender } => {
  const socket = new FakeSocket();
  return { socket, sender: turns.join(socket as unknown as Socket) };
};

const restingOf = (all: readonly { readonly socket: FakeSocket }[]): boolean[] =>
  all.map(({ socket }) => socket.rests);

describe('who sends in pieces', () => {
  it('goes on while all together send few in a turn', async () => {
    const turns = new PieceTurns(10);
    const all = [join(turns), join(turns)];
    for (let i = 0; i < 5; i++) {
      for (const { sender } of all) for (let piece = 0; piece < 4; piece++) sender.came(1);
      expect(restingOf(all)).toEqual([false, false]);
      await turn();
    }
  });

  it('goes on however many large pieces he sends', () => {
    const turns = new PieceTurns(10);
    const one = join(turns);
    for (let piece = 0; piece < 1000; piece++) one.sender.came(65_536);
    expect(one.socket.rests).toBe(false);
  });

  it('rests with all others when one sends too many, and they go on one in each turn', async () => {
    const turns = new PieceTurns(10);
    const all = [join(turns), join(turns), join(turns)];
    for (let piece = 0; piece < 10; piece++) all[0]!.sender.came(1);
    const late = join(turns);
    expect(restingOf([...all, late])).toEqual([true, true, true, true]);
    await turn();
    expect(restingOf([...all, late])).toEqual([false, true, true, true]);
    // The greedy one takes the whole turn again, and is behind all others then.
    for (let piece = 0; piece < 50; piece++) all[0]!.sender.came(1);
    expect(all[0]!.socket.rests).toBe(true);
    for (let i = 0; i < 3; i++) await turn();
    expect(restingOf([...all, late])).toEqual([true, false, false, false]);
    await turn();
    expect(restingOf([...all, late])).toEqual([false, false, false, false]);
  });

  it('rests while nobody takes what he sends, also when it is his turn and when Node would let him go on', async () => {
    const turns = new PieceTurns(10);
    const { socket, sender } = join(turns);
    sender.fill(true);
    for (let piece = 0; piece < 10; piece++) sender.came(1);
    await turn();
    expect(socket.rests).toBe(true);
    socket.resume();
    expect(socket.rests).toBe(true);
    sender.fill(false);
    expect(socket.rests).toBe(false);
  });

  it('leaves no trace on a connection that goes on to other requests', async () => {
    const turns = new PieceTurns(10);
    const { socket, sender } = join(turns);
    for (let piece = 0; piece < 10; piece++) sender.came(1);
    sender.leave();
    expect([socket.rests, socket.listenerCount('resume')]).toEqual([false, 0]);
    await turn();
    expect(socket.rests).toBe(false);
  });
});
