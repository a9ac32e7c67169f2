/** A record as it stands in a topic. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headerEntries: readonly (readonly [Buffer, Buffer])[];
}

/**
 * The partitions that a group gave to this instance, until it gives them out anew. Each begins behind what was committed;
 * whatever is taken in an assignment is committed in it, or taken again in the next one by whoever has the partition then.
 */
export interface Assignment {
  /** Whether records still come; what was taken may not be committed from then on. */
  readonly isOver: boolean;
  /** No records, until `resume`. */
  pause(): void;
  resume(): void;
  /** Rejects when nobody knows whether it was done. Of an assignment that is over nothing is committed. */
  commit(nexts: ReadonlyMap<number, bigint>): Promise<void>;
}

/** Whoever works off what a group reads. */
export interface RecordHandler {
  /** Answers what takes the records of this assignment. Each record comes behind the one before it in its partition. */
  begin(assignment: Assignment): (record: TopicRecord) => void;
}
