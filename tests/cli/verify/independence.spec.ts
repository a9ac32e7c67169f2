import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, '../../../src/cli');
/** Everything but the commands for a store, the file of keys, or a topic, which work on these themselves. */
const verifier = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(
    (file) =>
      file.endsWith('.ts') && !/^(store-commands|store-choice|keys-commands|rejected-commands)/.test(file),
  )
  .map((file) => path.join(folder, file));

describe('the verifier', () => {
  it.each(verifier)('%s uses nothing of the service it verifies', (file) => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/from '[^']*\/(domain|application|infrastructure)\//);
  });
});
