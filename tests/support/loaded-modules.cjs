// Says at the end of a process what it had loaded.
process.on('exit', () => {
  require('node:fs').writeSync(2, `\nloaded ${Object.keys(require.cache).join(' ')}\n`);
});
