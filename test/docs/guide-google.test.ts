import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, TerraformStack } from 'cdktf';
import * as google from '../../lib/google';
import { describeGuide } from './describe-guide';

jest.setTimeout(120_000);

describeGuide<App>({
  cloud: 'google',
  exported: google,
  globals: `import type { App, TerraformStack } from 'cdktf';
declare global { const app: App; const stack: TerraformStack; }
`,
  beside: () => Promise.resolve({ writer: resolve('test/fixtures/language-model') }),
  create: () => {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'cdktf.out-')) });
    const stack = new TerraformStack(app, 'Guide');
    new GoogleProvider(stack, 'Google', { project: 'my-project-123456', region: 'europe-west4' });
    return { app, stack };
  },
  synth: (app) => {
    app.synth();
    expect(existsSync(join(app.outdir, 'manifest.json'))).toBe(true);
  },
});
