import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { createStacks } from '../../bin/app';

const ROOT = join(__dirname, '..', '..');
const { context: settings } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: object };

/** The example app with the settings of its `cdk.json`, on a version of the fixtures. */
export function createExampleApp(context: object = {}): App {
  const app = new App({
    outdir: mkdtempSync(join(tmpdir(), 'cdk.out-')),
    builtinCloudFormationValidation: false,
    context: {
      ...settings,
      artifact: join(ROOT, 'test/fixtures/versions/spam-filter'),
      ...context,
    },
  });
  createStacks(app);
  return app;
}
