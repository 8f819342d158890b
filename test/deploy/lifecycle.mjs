/**
 * Takes two stacks through their life in the emulator with the real CDK command line: deployed, updated,
 * updated in a way that fails, destroyed. Prints what exists after each as one line of JSON.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { runCdk } from '../../scripts/emulator/cdk.mjs';
import { listServices, listStacks } from '../../scripts/emulator/inventory.mjs';
import { ACCOUNT, CREDENTIALS, REGION, startEmulator } from '../../scripts/emulator/moto.mjs';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const ROOT = resolve(import.meta.dirname, '..', '..');
const VERSIONS = join(ROOT, 'test', 'fixtures', 'versions');

const work = await mkdtemp(join(tmpdir(), 'lifecycle-'));
const emulator = await startEmulator({ log: join(work, 'emulator.log') });
const config = { endpoint: emulator.url, region: REGION, credentials: CREDENTIALS };
const s3 = new S3Client(config);

const cdk = (...args) => runCdk(args, { env: emulator.env, cwd: ROOT, log: join(work, `${args[0]}.log`) });
const deploy = (artifact, accelerator) =>
  cdk(
    ...['deploy', '--all', '--method=direct', '--require-approval=never'],
    ...['--app', 'node --import tsx test/deploy/lifecycle-app.ts', '--output', join(work, 'cdk.out')],
    ...['--context', `artifact=${join(VERSIONS, artifact)}`, '--context', `accelerator=${accelerator}`],
  ).then(
    () => 'ok',
    ({ message }) => message,
  );

async function report(step, result) {
  const stacks = (await listStacks(config)).map(({ name, status }) => `${name} ${status}`).sort();
  const services = await listServices(config);
  console.log(JSON.stringify({ step, result, stacks, services, objects: await listObjects() }));
}

async function storeBucket() {
  const { buckets } = await listServices(config);
  return buckets.find((name) => name.includes('store'));
}

async function listObjects() {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: await storeBucket() }));
  return Contents.map(({ Key }) => Key);
}

try {
  await cdk('bootstrap', `aws://${ACCOUNT}/${REGION}`);
  const created = await deploy('spam-filter', 't4');
  const object = { Bucket: await storeBucket(), Key: 'models/1/manifest.json', Body: '{}' };
  await s3.send(new PutObjectCommand(object));
  await report('deploy', created);
  await report('new version', await deploy('spam-filter-changed', 't4'));
  // The emulator's list of machines is older than this one.
  await report('machine refused', await deploy('spam-filter', 'a10g'));
  await cdk('destroy', '--all', '--force', '--app', join(work, 'cdk.out'));
  await report('destroy', 'ok');
  await rm(work, { recursive: true });
} finally {
  await emulator.stop();
}
