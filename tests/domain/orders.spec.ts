import { provesOrders } from '../support/orders.js';

describe('in whatever order they come', () => {
  provesOrders({ permuted: 5, histories: 60, shuffles: 3, perRocket: 300 });
});
