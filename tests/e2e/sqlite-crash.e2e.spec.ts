import { Flights } from '../support/flights.js';

let flights: Flights;
beforeEach(() => {
  flights = new Flights();
});
afterEach(() => flights.remove());

describe('a service on SQLite, under load,', () => {
  it('loses nothing it acknowledged when it is killed', () => flights.kill(2));

  it('stores exactly what it acknowledged when it is told to stop', () => flights.stop(1));
});
