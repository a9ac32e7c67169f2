// One project per kind of test: `npx jest --selectProjects unit` runs those that need no network, disk or process.
const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.[jt]s$': ['@swc/jest', { swcrc: true }] },
  // inversify ships ES modules only; Jest needs them turned into CommonJS.
  transformIgnorePatterns: ['/node_modules/(?!(inversify|@inversifyjs)/)'],
  moduleNameMapper: {
    // Worker threads load compiled JavaScript only; tests compile theirs from the sources.
    '/thread-file\\.js$': '<rootDir>/tests/support/thread-file.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFiles: ['reflect-metadata'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/build/'],
};

module.exports = {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/tests/**/*.spec.ts', '!**/*.{api,int,e2e}.spec.ts'],
    },
    { ...common, displayName: 'api', testMatch: ['<rootDir>/tests/**/*.api.spec.ts'] },
    { ...common, displayName: 'int', testMatch: ['<rootDir>/tests/**/*.int.spec.ts'] },
    { ...common, displayName: 'e2e', testMatch: ['<rootDir>/tests/**/*.e2e.spec.ts'] },
  ],
  testTimeout: 120_000,
  coverageProvider: 'babel',
  collectCoverageFrom: ['src/**/*.ts'],
};
