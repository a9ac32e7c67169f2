import { UnknownPosition, type Position } from '../../../application/ports/event-store.js';

/** Positions name a history, by its epoch, and the place of an event in its feed. */
export class Positions {
  constructor(private readonly epoch: string) {}

  at(place: number): Position {
    return `${this.epoch}-${place}`;
  }

  placeOf(position: Position): number {
    const place = Number(position.slice(this.epoch.length + 1));
    if (!Number.isSafeInteger(place) || place < 0 || position !== this.at(place)) {
      throw new UnknownPosition(position);
    }
    return place;
  }
}
