import type { Ask } from '../relational/ask.js';
import { LANE_LOCKS } from './commit-function.js';

/**
 * Ends sessions of ours that have the locks of lanes while the server waits for a client that says nothing any more. One whose
 * last word, `Sync`, was lost has done its work and can't commit it, and none of the server's own timeouts counts for it: as
 * long as its connection seems to be there, as it does behind a proxy or with a client that was stopped, it would keep its
 * lanes for ever. Whoever is idle between his statements has not lost any, and has a timeout of his own.
 *
 * Ours are those of our role and of every role whose rights it has: while a password is changed by way of a second role, one
 * instance has the old and another the new one. A session is known by the role it signed in with, whatever `SET ROLE` said.
 */
export const endOrphans = (ask: Ask): Promise<unknown> =>
  ask(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pg_has_role(usesysid, 'USAGE') AND state = 'active' AND wait_event = 'ClientRead'
        AND state_change < clock_timestamp() - interval '2 seconds'
        AND pid IN (
          SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )`,
    [LANE_LOCKS],
  );
