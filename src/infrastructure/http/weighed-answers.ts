import type { RequestHandler } from 'express';
import { Loan, SHARE_OF_ANSWERS, type Budget } from '../../application/budget.js';
import { Problem } from './problem.js';

/** A client that takes nothing of its answer for so long has gone. */
export const STALLED_MS = 10_000;
/** What fits into the buffers of the network is sent at once, and never refused. */
const SMALL = 16 * 1024;

/** Weighs answers until they are taken, and hangs up on whoever does not take them. */
export const weighedAnswers =
  (budget: Budget): RequestHandler =>
  (_req, res, next) => {
    const send = res.send.bind(res);
    res.send = (body: unknown) => {
      res.setTimeout(STALLED_MS);
      if (typeof body === 'string' && body.length > SMALL) {
        const loan = new Loan(budget, SHARE_OF_ANSWERS);
        if (!loan.hold(body.length)) {
          res.removeHeader('Link');
          throw new Problem(
            'too-many-reads',
            `Too many answers wait until they are taken: ${budget.described}.`,
          );
        }
        res.once('close', () => loan.end());
      }
      return send(body);
    };
    next();
  };
