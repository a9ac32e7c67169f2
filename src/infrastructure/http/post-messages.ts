import type { RequestHandler } from 'express';
import type { ServerResponse } from 'node:http';
import type { Counters } from '../../application/counters.js';
import { Overloaded, type IngestMessages } from '../../application/ingest-messages.js';
import type { Outcome } from '../../application/outcome.js';
import { problemOf } from './error-handler.js';
import { detailOf } from './explain-refusal.js';
import { InvalidInput, readBodyMessage } from './message-reader.js';
import { NdjsonIngest, isNdjson } from './ndjson-ingest.js';
import { Problem, sendProblem } from './problem.js';
import { readBody, type BodyLimits } from './read-body.js';
import { requestIdOf } from './request-id.js';
import { StreamTurns } from './stream-turns.js';

/**
 * `POST /messages`. Registered before any middleware and answered with prebuilt headers: nothing on this path is
 * there for another route.
 */
export const postMessages = (
  ingest: IngestMessages,
  counters: Counters,
  limits: BodyLimits,
): RequestHandler => {
  const turns = new StreamTurns();
  return (req, res) => {
    const requestId = requestIdOf(req);
    const refuse = (error: unknown): void => sendProblem(res, problemOf(error), requestId);
    if (isNdjson(req.headers['content-type'])) {
      new NdjsonIngest(ingest, counters, limits, turns, req, res, requestId).run();
      return;
    }
    readBody(req, limits, (problem, body) => {
      const message = problem ?? messageIn(body);
      if (message instanceof Problem) {
        counters.turnedAway('invalid');
        refuse(message);
        return;
      }
      const wantsBody = req.headers.accept !== undefined;
      const settle = (outcome: Outcome): void => answer(res, outcome, requestId, wantsBody);
      try {
        if (ingest.submit(message, body.length, settle, refuse)) return;
        counters.turnedAway('shed');
        refuse(new Overloaded());
      } catch (error) {
        refuse(error);
      }
    });
  };
};

const messageIn = (body: Buffer) => {
  const message = readBodyMessage(body);
  return message instanceof InvalidInput
    ? new Problem(message.code, detailOf(message, body), message.errors)
    : message;
};

/**
 * A client that sends no Accept header gets an empty answer: one that never reads bodies, as the official test
 * program, can then use its connection again.
 */
const answer = (res: ServerResponse, outcome: Outcome, requestId: string, wantsBody: boolean): void => {
  if (outcome.outcome === 'conflict') return sendProblem(res, conflictProblem(outcome), requestId);
  const body = wantsBody ? JSON.stringify(outcome) : '';
  const headers = ['X-Request-Id', requestId, 'Rocket-Outcome', outcome.outcome];
  if (wantsBody) headers.push('Content-Type', 'application/json; charset=utf-8');
  headers.push('Content-Length', String(Buffer.byteLength(body)));
  res.writeHead(202, headers);
  res.end(body);
};

const conflictProblem = ({ channel, messageNumber }: Outcome): Problem =>
  new Problem(
    'conflict',
    `Message ${messageNumber} of ${channel} was reported before with another type or payload; the first one stands.`,
    undefined,
    { 'Rocket-Outcome': 'conflict' },
  );
