import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Loan, SHARE_OF_ANSWERS, type Budget } from '../../application/budget.js';
import { STALLED_MS } from './weighed-answers.js';

type Serve = (req: IncomingMessage, res: ServerResponse) => void;

/** What Node keeps of a request and the answer to it. */
const REQUEST_BYTES = 8 * 1024;

/**
 * A client may send its next requests before the first is answered, thousands of them in one packet. Each is begun only
 * when those before it are answered and everybody else has had a turn; what it takes meanwhile is weighed, and a client
 * that sends more than there is room for is hung up on.
 */
export const oneAtATime = (budget: Budget, serve: Serve): Serve => {
  const queues = new WeakMap<Socket, Queue>();
  const queueOf = (socket: Socket): Queue => {
    const queue = queues.get(socket) ?? new Queue(socket, budget);
    queues.set(socket, queue);
    return queue;
  };
  return (req, res) => {
    // Only the answer that is next has the connection.
    if (res.socket !== null) return serve(req, res);
    const { socket } = req;
    const queue = queueOf(socket);
    if (!queue.grow(1)) return void socket.destroy();
    res.once('socket', () => {
      queue.grow(-1);
      setImmediate(() => {
        if (!socket.destroyed) serve(req, res);
      });
    });
  };
};

class Queue {
  private length = 0;
  private readonly loan: Loan;

  constructor(
    private readonly socket: Socket,
    budget: Budget,
  ) {
    this.loan = new Loan(budget, SHARE_OF_ANSWERS);
    socket.once('close', () => this.loan.end());
  }

  grow(by: 1 | -1): boolean {
    this.length += by;
    // Of the last one it is its own affair how long it may take, as if none had been before it.
    this.socket.setTimeout(this.length > 0 ? STALLED_MS : 0);
    return this.loan.hold(this.length * REQUEST_BYTES);
  }
}
