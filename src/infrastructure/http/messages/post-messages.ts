import type { Request, Response } from 'express';
import type { ServerResponse } from 'node:http';
import type { Counters } from '../../../application/ingest/counters.js';
import { Overloaded, type Intake, type Queued, type Told } from '../../../application/ingest/intake.js';
import type { Outcome } from '../../../application/ingest/outcome.js';
import type { Caller } from '../../auth/caller.js';
import { problemOf } from '../error-handler.js';
import { foreignChannel, type Gate } from '../gate.js';
import { writeAnswerHead } from './answer-head.js';
import { detailOf } from './explain-refusal.js';
import { InvalidInput, readBodyMessage } from './message-reader.js';
import { NdjsonIngest, isNdjson } from './ndjson-ingest.js';
import { Problem, sendProblem } from '../problem.js';
import { readBody, type BodyLimits } from './read-body.js';
import { Refusals } from './refusals.js';
import { requestIdOf } from '../request-id.js';
import { spanOf } from '../request-traces.js';
import { StreamTurns } from './stream-turns.js';

/**
 * `POST /messages`. Registered before any middleware and answered with prebuilt headers: nothing on this path is
 * there for another route.
 */
export const postMessages = (
  intake: Intake,
  counters: Counters,
  limits: BodyLimits,
  gate: Gate,
): ((req: Request, res: Response) => Taking) => {
  const turns = new StreamTurns();
  const refusals = new Refusals();
  const take = (req: Request, res: Response, requestId: string, caller: Caller | undefined): Taking => {
    if (isNdjson(req.headers['content-type'])) {
      const stream = new NdjsonIngest(intake, counters, limits, turns, req, res, requestId, caller);
      if (caller !== undefined) gate.whileLetIn(caller, res, (problem) => stream.giveUp(problem));
      return stream.run();
    }
    const shed = (overloaded: Overloaded): void => {
      counters.turnedAway('shed');
      refusals.add(res, problemOf(overloaded), requestId);
    };
    // It would be read for nothing.
    const { overloaded } = intake;
    if (overloaded !== undefined) return shed(overloaded);
    const refuse = (error: unknown): void => sendProblem(res, problemOf(error), requestId);
    readBody(req, limits, (problem, body) => {
      const message = problem ?? messageIn(body, caller);
      if (message instanceof Problem) {
        counters.turnedAway(message.code === 'overloaded' ? 'shed' : 'invalid');
        return refuse(message);
      }
      const wantsBody = req.headers.accept !== undefined;
      const told: Told = (result) => {
        if (result instanceof Error) refuse(result);
        else answer(res, result, requestId, wantsBody);
      };
      const refusal = intake.submit(message, body.length, told, undefined, spanOf(req));
      if (refusal === undefined) return;
      if (refusal instanceof Overloaded) shed(refusal);
      else refuse(refusal);
    });
  };
  return (req, res) => {
    const requestId = requestIdOf(req);
    spanOf(req)?.set({ 'rockets.request_id': requestId });
    return gate.letReport(
      req,
      (problem) => sendProblem(res, problem, requestId),
      (caller) => take(req, res, requestId, caller),
    );
  };
};

/** A stream takes longer than its handler. */
type Taking = void | Promise<void>;

const messageIn = (body: Buffer, caller: Caller | undefined) => {
  const message = readBodyMessage(body);
  if (message instanceof InvalidInput) {
    return new Problem(message.code, detailOf(message, body), message.errors);
  }
  const foreign = foreignChannel(caller, message.channel);
  return foreign === undefined ? message : new Problem('channel-not-allowed', foreign);
};

/**
 * A client that sends no Accept header gets an empty answer: one that never reads bodies, as the official test
 * program, can then use its connection again.
 */
const answer = (
  res: ServerResponse,
  outcome: Outcome | Queued,
  requestId: string,
  wantsBody: boolean,
): void => {
  if (outcome.outcome === 'conflict') return sendProblem(res, conflictProblem(outcome), requestId);
  const body = wantsBody ? JSON.stringify(outcome) : '';
  writeAnswerHead(res, outcome.outcome, requestId, body);
  res.end(body);
};

const conflictProblem = ({ channel, number }: Outcome): Problem =>
  new Problem(
    'conflict',
    `Message ${number} of ${channel} was reported before with another type or payload; the first one stands.`,
    undefined,
    { 'Rocket-Outcome': 'conflict' },
  );
