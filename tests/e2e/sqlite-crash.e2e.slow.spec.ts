import { Flights } from '../support/flights.js';

const ENDS = 50;
const LONGEST_MS = ENDS * 10_000;

let flights: Flights;
beforeEach(() => {
  flights = new Flights();
});
afterEach(() => flights.remove());

describe('a service on SQLite, under load,', () => {
  it(`loses nothing it acknowledged when it is killed ${ENDS} times`, () => flights.kill(ENDS), LONGEST_MS);

  it('loses nothing either when its disk is slow', () => flights.kill(10, true), LONGEST_MS);

  it(
    `stores exactly what it acknowledged when it is told to stop ${ENDS} times`,
    () => flights.stop(ENDS),
    LONGEST_MS,
  );
});
