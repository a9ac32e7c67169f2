/** The layers, as a whitelist: what is not allowed here fails the build. */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'The domain knows nothing but itself: no npm, no Node, no other layer.',
      severity: 'error',
      from: { path: '^src/domain' },
      to: { pathNot: '^src/domain' },
    },
    {
      name: 'application-knows-domain-only',
      severity: 'error',
      from: { path: '^src/application' },
      to: { pathNot: '^src/(application|domain)' },
    },
    {
      name: 'infrastructure-knows-no-composition',
      severity: 'error',
      from: { path: '^src/infrastructure' },
      to: { path: '^src/(main|container|opening|open-stores|config|cli)' },
    },
    {
      name: 'inversify-only-in-the-container',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/container\\.ts$' },
      to: { path: 'inversify' },
    },
    {
      name: 'simulator-shares-nothing-with-the-service',
      comment: 'A proof that computes with the code it checks proves nothing.',
      severity: 'error',
      from: {
        path: '^src/cli',
        pathNot: '^src/cli/(rockets|keys-commands|rejected-commands|store-.*)\\.ts$',
      },
      to: { path: '^src/(domain|application|infrastructure)' },
    },
    {
      name: 'upkeep-is-for-commands',
      comment: 'What a serving store needs stands outside these rooms.',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/cli/|/upkeep/' },
      to: { path: '/upkeep/' },
    },
    {
      name: 'no-cycles',
      comment: 'Type imports count: two files that need each other can only be understood together.',
      severity: 'error',
      from: { path: '^src' },
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { path: '^src', orphan: true, pathNot: '^src/(main|cli/rockets)\\.ts$' },
      to: {},
    },
    { name: 'no-tests-in-source', severity: 'error', from: { path: '^src' }, to: { path: '^tests' } },
    {
      name: 'no-dev-dependencies-in-source',
      severity: 'error',
      from: { path: '^src' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
        pathNot: '@types/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
