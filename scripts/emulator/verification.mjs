/** Verifies a real model with the deployed function: upload the package, run it, read the report. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { findFunction, invoke, unpackFunction } from './function.mjs';

/** Written after `convert`: not part of what `verify` reads. */
const WRITTEN_LATER = ['verification.json', 'metrics.json', 'model.tar.gz', 'manifest.json'];

const RUN = 'runs/deploy-local/conversion';

/**
 * @param artifact version directory on this machine
 * @param directory empty, for the function's files
 * @returns the `verdict`, what became of the `checks` in words, the `digest` the report is bound to, and the `function`'s name
 * @throws Error when the report is not of this model, or the function refuses it
 */
export async function verifyDeployed({ stacks, artifact, directory, config, env, signal }) {
  const s3 = new S3Client(config);
  const bucket = findArtifactBucket(stacks);
  await uploadPackage(s3, bucket, artifact);
  const fn = await findFunction(stacks, 'program "verify"', config);
  const code = await unpackFunction(fn, directory, config);
  const uri = (path) => `s3://${bucket}/${RUN}/${path}/`;
  const signature = await readJson(artifact, 'signature.json');
  const { tolerance } = await readJson(artifact, 'verification.json');
  const event = {
    program: 'verify',
    step: 'verify',
    parameters: { signature, tolerance },
    inputs: { model: uri('convert/model') },
    outputs: { report: uri('verify/report'), metrics: uri('verify/metrics') },
  };
  await invoke(code, fn, event, { env, signal });
  const key = `${RUN}/verify/report/verification.json`;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const report = JSON.parse(await Body.transformToString());
  const digest = createHash('sha256')
    .update(await readFile(join(artifact, 'model.onnx')))
    .digest('hex');
  if (report.model.sha256 !== digest) {
    throw new Error(`the report is of the model ${report.model.sha256}, not of ${digest}`);
  }
  return { verdict: report.verdict, checks: summarize(report.checks), digest, function: fn.name };
}

async function uploadPackage(s3, bucket, artifact) {
  const entries = await readdir(artifact, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((file) => file.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(artifact, file);
    if (WRITTEN_LATER.includes(path)) continue;
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: `${RUN}/convert/model/${path}`,
        Body: await readFile(file),
      }),
    );
  }
}

/** The bucket that is encrypted with a key of the stack and keeps versions. */
function findArtifactBucket(stacks) {
  for (const { template, resources } of stacks) {
    const found = resources.find(({ LogicalResourceId }) => {
      const { Type, Properties } = template.Resources[LogicalResourceId] ?? {};
      return Type === 'AWS::S3::Bucket' && Properties.VersioningConfiguration?.Status === 'Enabled';
    });
    if (found) return found.PhysicalResourceId;
  }
  throw new Error('no versioned bucket was deployed to hold artifacts');
}

async function readJson(directory, file) {
  return JSON.parse(await readFile(join(directory, file), 'utf8'));
}

/** `11 of 12 checks; not checked: batch` */
function summarize(checks) {
  const passed = checks.filter(({ verdict }) => verdict === 'passed');
  const skipped = checks.filter(({ verdict }) => verdict === 'skipped').map(({ id }) => id);
  const rest = skipped.length > 0 ? `; not checked: ${skipped.join(', ')}` : '';
  return `${passed.length} of ${checks.length} checks${rest}`;
}
