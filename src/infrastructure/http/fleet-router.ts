import { Router } from 'express';
import type { Fleet } from '../../application/fleet/fleet.js';
import { readOnly } from './error-handler.js';
import { QueryReader } from './query-reader.js';
import { fleetView } from './views.js';

export const fleetRouter = (fleet: Fleet): Router => {
  const router = Router({ caseSensitive: true });
  router
    .route('/fleet')
    .get(async (req, res) => {
      new QueryReader(req.query).finish();
      res.json(fleetView(await fleet.report()));
    })
    .all(readOnly);
  return router;
};
