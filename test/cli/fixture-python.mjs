#!/usr/bin/env node
// Stands in for Python with the stage programs: `-m model_pipeline <program> --request <file>`.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const EXPORTED = join(FIXTURES, 'packages', 'spam-filter');

const { outputs, step } = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'));
for (const [name, directory] of Object.entries(outputs)) {
  if (['onnx', 'golden', 'preprocessing'].includes(name)) {
    cpSync(join(EXPORTED, name), directory, { recursive: true });
  } else if (name === 'metrics') {
    cpSync(join(FIXTURES, 'versions', 'spam-filter', 'metrics.json'), join(directory, 'metrics.json'));
  } else writeFileSync(join(directory, 'file'), step);
}
