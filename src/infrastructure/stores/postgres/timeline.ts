const inHexadecimal = 'left(pg_walfile_name(pg_current_wal_lsn()), 8)';

/**
 * A replica that becomes the server begins another timeline. It may not have had the last transactions of the one before it:
 * then it gives their ids to others. So each timeline is worth more transactions than can ever be lost, and no place in
 * the feed is taken twice.
 */
export const timelineFunction = `
  CREATE FUNCTION timeline() RETURNS bigint LANGUAGE sql
  RETURN ('x' || ${inHexadecimal})::bit(32)::bigint;
`;

/** What the timelines before this one are worth. */
export const earlierTimelines = '(timeline() - 1) * 4294967296';

/** A transaction's id as events have it; `base` is the one of the session. */
export const asInFeed = (xid: string, base: string): string =>
  `${xid}::text::bigint + ${base} + ${earlierTimelines}`;

/** In hexadecimal digits; null on a replica. It needs none of our tables. */
export const timelineNow = `SELECT CASE WHEN NOT pg_is_in_recovery()
  THEN ${inHexadecimal} END AS timeline`;
