import { channelOf, messageOf, wireOf } from './traffic.js';

/** What a rocket reports, put together from parts: whoever offers more than can be taken must be quick at it. */
export class Reports {
  private readonly head: string;
  private readonly launch: string;

  constructor(rocket: number) {
    this.head = `{"metadata":{"channel":"${channelOf(rocket)}","messageNumber":`;
    this.launch = wireOf(messageOf(rocket, 1));
  }

  line(number: number): string {
    if (number === 1) return this.launch;
    return `${this.head}${number}${number % 2 === 0 ? faster : slower}`;
  }
}

const change = (type: string): string =>
  `,"messageTime":"2026-10-01T17:39:42.8989223+02:00","messageType":"${type}"},"message":{"by":1500}}`;
const faster = change('RocketSpeedIncreased');
const slower = change('RocketSpeedDecreased');
