const { availableParallelism } = require('node:os');

// One project per kind of test: `npx jest --selectProjects unit` runs those that need no network, disk or process.
const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.[jt]s$': ['@swc/jest', { swcrc: true }] },
  // These ship ES modules only, the last one imports as they do; Jest needs them turned into CommonJS.
  transformIgnorePatterns: [
    '/node_modules/(?!(inversify|@inversifyjs|jose|@opentelemetry/otlp-exporter-base)/)',
  ],
  moduleNameMapper: {
    // Worker threads load compiled JavaScript only; tests compile theirs from the sources.
    '/thread-file\\.js$': '<rootDir>/tests/support/thread-file.ts',
    // Signals alone: with what ties them to components comes Preact, which Jest cannot require.
    '^@preact/signals$': '@preact/signals-core',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFiles: ['reflect-metadata'],
};

const ignored = ['/node_modules/', '/dist/', '/build/'];
/** The long proofs: `make test-slow`. */
const slow = '\\.slow\\.spec\\.ts$';
const kind = (displayName, testMatch) => ({
  ...common,
  displayName,
  testMatch,
  testPathIgnorePatterns: [...ignored, slow],
});

module.exports = {
  projects: [
    kind('unit', ['<rootDir>/tests/**/*.spec.ts', '!**/*.{api,int,e2e}.spec.ts']),
    kind('api', ['<rootDir>/tests/**/*.api.spec.ts']),
    kind('int', ['<rootDir>/tests/**/*.int.spec.ts']),
    kind('e2e', ['<rootDir>/tests/**/*.e2e.spec.ts']),
    {
      ...common,
      displayName: 'slow',
      testMatch: ['<rootDir>/tests/**/*.slow.spec.ts'],
      testPathIgnorePatterns: ignored,
    },
  ],
  // Jest alone leaves one of two cores idle.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // With all its cases a property takes minutes on a busy machine.
  testTimeout: process.env.THOROUGH === undefined ? 120_000 : 900_000,
  coverageProvider: 'babel',
  collectCoverageFrom: ['src/**/*.ts'],
};
