import { StoreUnavailable } from '../../../application/ports/event-store.js';

/** The store says something that it can't say; what is damaged is named and never served. */
export class StoreDamaged extends StoreUnavailable {
  override readonly name = 'StoreDamaged';
}

/** Not something this program can work with: of another version, of another program, in use. */
export class StoreRefused extends Error {
  readonly code = 'store-refused';
}
