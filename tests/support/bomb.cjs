'use strict';
// Loaded into a service before it starts: an error that nobody expects, when it is asked for.
process.on('SIGUSR2', () => {
  throw new Error('nobody expected this');
});
