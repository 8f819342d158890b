#!/usr/bin/env node
/**
 * Deploys the example app with the real CDK command line to an emulator of AWS on this machine, lists
 * what exists afterwards, and verifies a model with the deployed function. Needs no account.
 *
 *   node scripts/deploy-local.mjs [--artifact DIR] [--app COMMAND]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCdk } from './emulator/cdk.mjs';
import { listServices, listStacks } from './emulator/inventory.mjs';
import { ACCOUNT, CREDENTIALS, REGION, startEmulator } from './emulator/moto.mjs';
import { reportDeployment } from './emulator/report.mjs';
import { phase } from './emulator/terminal.mjs';
import { verifyDeployed } from './emulator/verification.mjs';

const ROOT = resolve(import.meta.dirname, '..');
// The SDK's notice on Node 20 would tear the lines of progress apart.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const SIGNALS = ['SIGINT', 'SIGTERM'];
const DEFAULT_ARTIFACT = join(ROOT, 'test', 'fixtures', 'versions', 'spam-filter');

/**
 * Deploys to an emulator that is gone afterwards, whatever happens, SIGINT and SIGTERM included.
 *
 * @param artifact version directory of the model to verify
 * @param app command that synthesises the app; by default the one of cdk.json
 * @returns `stacks` (name, status, number of resources), `missing` (type and number of resources the
 *   emulator lacks the type of), `verification` (verdict, checks, digest)
 * @throws Error with the cause and the directory of the logs
 */
export async function deployLocal({ artifact = DEFAULT_ARTIFACT, app } = {}) {
  const work = await mkdtemp(join(tmpdir(), 'deploy-local-'));
  const interruption = new AbortController();
  const interrupt = (name) => interruption.abort(new Error(`stopped by ${name}`));
  for (const name of SIGNALS) process.once(name, interrupt);
  const { signal } = interruption;
  try {
    const log = join(work, 'emulator.log');
    const emulator = await phase('Start the emulator', () => startEmulator({ log }));
    let result;
    try {
      result = await deploy({ emulator, log, work, artifact: resolve(artifact), app, signal });
    } finally {
      await phase('Stop the emulator', emulator.stop);
    }
    await rm(work, { recursive: true });
    return result;
  } catch (error) {
    // Ends what still runs beside the part that failed; what interrupted first is the reason.
    interruption.abort(error);
    throw new Error(`${signal.reason.message}\nlogs: ${work}`, { cause: error });
  } finally {
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}

async function deploy({ emulator, log, work, artifact, app, signal }) {
  const { url, env } = emulator;
  const config = { endpoint: url, region: REGION, credentials: CREDENTIALS };
  const cdk = (args, cwd) => runCdk(args, { env, cwd, signal, log: join(work, `cdk-${args[0]}.log`) });
  const assembly = join(work, 'cdk.out');
  const synth = ['synth', '--quiet', '--output', assembly, '--context', `artifact=${artifact}`];
  await phase('cdk synth, cdk bootstrap', () =>
    Promise.all([
      cdk(app === undefined ? synth : [...synth, '--app', app], ROOT),
      cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`], work),
    ]),
  );
  await phase('cdk deploy --all', () =>
    cdk(['deploy', '--all', '--app', assembly, '--method=direct', '--require-approval=never'], work),
  );
  const [stacks, services] = await phase('List what exists', () =>
    Promise.all([listStacks(config), listServices(config)]),
  );
  const missing = await reportDeployment(stacks, services, log);

  const directory = join(work, 'function');
  await mkdir(directory);
  const verification = await phase('Verify a model with the deployed function', () =>
    verifyDeployed({ stacks, artifact, directory, config, env, signal }),
  );
  console.log(
    `${verification.verdict}: ${verification.checks}\n${artifact}, SHA-256 ${verification.digest}\n`,
  );
  const counts = stacks.map(({ name, status, resources }) => ({ name, status, resources: resources.length }));
  return { stacks: counts, missing, verification };
}

async function main() {
  const { values } = parseArgs({ options: { artifact: { type: 'string' }, app: { type: 'string' } } });
  const start = performance.now();
  await deployLocal(values);
  console.log(`Done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
}
