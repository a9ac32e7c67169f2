import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, '../../../src/cli');
const verifier = ['launch', 'verify', 'watch'].flatMap((part) =>
  readdirSync(path.join(folder, part)).map((file) => path.join(folder, part, file)),
);

describe('the verifier', () => {
  it.each(verifier)('%s uses nothing of the service it verifies', (file) => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/from '[^']*\/(domain|application|infrastructure)\//);
  });
});
