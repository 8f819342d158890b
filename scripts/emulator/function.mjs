/** Runs a Lambda function as it was deployed: its code comes from the bucket CDK uploaded it to. */
import { execFile, fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ACCOUNT, PYTHON, REGION } from './moto.mjs';

const ROOT = resolve(import.meta.dirname, '..', '..');
const RUNTIME = join(import.meta.dirname, 'invoke-handler.cjs');

/**
 * Finds the function whose description contains a text.
 *
 * @param stacks as `listStacks` gives them
 * @returns its `name`, where its code lies (`bucket`, `key`), its `handler` and its `variables`
 */
export async function findFunction(stacks, description, config) {
  for (const { template, resources } of stacks) {
    for (const { LogicalResourceId, PhysicalResourceId: name } of resources) {
      const { Type, Properties } = template.Resources[LogicalResourceId] ?? {};
      if (Type !== 'AWS::Lambda::Function' || !Properties.Description?.includes(description)) continue;
      const { Handler, Environment } = await new LambdaClient(config).send(
        new GetFunctionConfigurationCommand({ FunctionName: name }),
      );
      const { S3Bucket, S3Key } = Properties.Code;
      return {
        name,
        bucket: resolveSub(S3Bucket),
        key: S3Key,
        handler: Handler,
        variables: Environment?.Variables,
      };
    }
  }
  throw new Error(`no function was deployed whose description contains: ${description}`);
}

/** Downloads and unpacks the function's code; beside it lies the SDK, as in Lambda, and nothing else. */
export async function unpackFunction({ bucket, key }, directory, config) {
  const zip = join(directory, 'function.zip');
  const code = join(directory, 'function');
  await mkdir(join(directory, 'node_modules'), { recursive: true });
  await symlink(join(ROOT, 'node_modules', '@aws-sdk'), join(directory, 'node_modules', '@aws-sdk'));
  const { Body } = await new S3Client(config).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  await pipeline(Body, createWriteStream(zip));
  await promisify(execFile)(PYTHON, ['-m', 'zipfile', '-e', zip, code]);
  return code;
}

/** Calls the handler in a process of its own, as Lambda does. */
export function invoke(code, { handler, variables }, event, { env, signal }) {
  return new Promise((resolve, reject) => {
    const child = fork(RUNTIME, [code, handler], {
      env: { ...env, ...variables },
      cwd: code,
      signal,
      execArgv: [],
    });
    child.once('error', reject);
    child.once('exit', (status) =>
      reject(new Error(`the function ended with exit code ${status} and no answer`)),
    );
    child.once('message', ({ result, error }) =>
      error ? reject(new Error(`${error.name}: ${error.message}`)) : resolve(result),
    );
    child.send(event);
  });
}

/** CDK names its asset bucket by account and region, in the template or before. */
function resolveSub(value) {
  const text = value['Fn::Sub'] ?? value;
  return text.replaceAll('${AWS::AccountId}', ACCOUNT).replaceAll('${AWS::Region}', REGION);
}
