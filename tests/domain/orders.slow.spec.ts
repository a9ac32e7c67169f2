import { provesOrders } from '../support/orders.js';

describe('in whatever order they come', () => {
  provesOrders({ permuted: 7, histories: 1000, shuffles: 10, perRocket: 4000 });
});
