/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  moduleNameMapper: {
    '^cdk-model-pipeline$': '<rootDir>/lib/index.ts',
    '^cdk-model-pipeline/(aws|google|local|serving)$': '<rootDir>/lib/$1/index.ts',
  },
};
