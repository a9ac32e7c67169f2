import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { writeAnswerHead } from '../../src/infrastructure/http/messages/answer-head.js';
import { commonHeaders } from '../../src/infrastructure/http/problem.js';
import { collectGarbage, cpuMicros, interleaved, median, scaled, type Row } from './measure.js';

const ANSWERS = scaled(300_000);
const common = Object.entries(commonHeaders).flat();

/** The head of an answer to a message, as one string and as Node writes it from a list of headers. */
export const headBench = async (): Promise<Row[]> => {
  const request = new IncomingMessage(new Socket());
  const costOf = (write: (res: ServerResponse, requestId: string) => void) => (): number => {
    collectGarbage();
    const before = cpuMicros();
    for (let i = 0; i < ANSWERS; i++) write(new ServerResponse(request), `bench-${i.toString(36)}`);
    return (cpuMicros() - before) / ANSWERS;
  };
  const micros = await interleaved({
    prebuilt: costOf((res, requestId) => writeAnswerHead(res, 'applied', requestId, '')),
    listed: costOf((res, requestId) => {
      res.writeHead(202, [
        ...['X-Request-Id', requestId, 'Rocket-Outcome', 'applied'],
        ...[...common, 'Content-Length', '0'],
      ]);
    }),
  });
  return [
    {
      goal: '',
      what: 'the head of an answer: one string ÷ header by header, in processor time',
      measured: median(micros.prebuilt) / median(micros.listed),
      good: 0.7,
      better: 'lower',
    },
    {
      goal: '',
      what: 'what that saves of each answer',
      measured: (median(micros.listed) - median(micros.prebuilt)) * 1000,
      unit: ' ns',
    },
  ];
};
