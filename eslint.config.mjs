import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const PROVIDER_ROOT = {
  name: '@cdktf/provider-google',
  message: "Loading all of it takes seconds: import '@cdktf/provider-google/lib/<resource>'.",
};
const CDKTF = {
  group: ['cdktf', 'cdktf/*', '@cdktf/*'],
  message: 'Only lib/google is made of Terraform.',
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.venv/', 'cdk.out/', '**/.model-pipeline/', '**/*_pb.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A key that numbers the same thing twice is a bug; a fallback for an empty string is not.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
    },
  },
  {
    files: ['**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [PROVIDER_ROOT], patterns: [CDKTF] }] },
  },
  {
    files: ['{lib/google,bin,test,bench}/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [PROVIDER_ROOT] }] },
  },
  {
    files: ['**/*.{mjs,cjs}'],
    languageOptions: {
      globals: {
        AbortController: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        clearTimeout: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        __dirname: 'readonly',
        require: 'readonly',
        module: 'writable',
      },
    },
  },
);
