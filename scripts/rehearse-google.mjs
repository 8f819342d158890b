// npm run rehearse:google: the example's workflows of Google Cloud, through success and every failure, with
// the real stage programs.
import { join } from 'node:path';
import { finished, run } from './process.mjs';
import { root, setup } from './setup.mjs';

const node = (...args) => run(process.execPath, args, { cwd: root });

await finished('set-up', async () => {
  await setup();
  await node('scripts/build.mjs');
  await node('examples/spam-filter/prepare-data.mjs');
});
const cli = join(root, 'dist', 'lib', 'cli', 'main.js');
await node(cli, 'rehearse', 'examples/spam-filter', '--target', 'google', ...process.argv.slice(2));
