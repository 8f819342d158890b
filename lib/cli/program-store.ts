import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { googleKmsSigner } from '../artifact/provenance/google-kms-signer';
import { type Issue, issue, throwIssues } from '../issue';
import { type ProgramRequest, runProgram } from '../program';
import { runMounted } from '../program/mounted/run-mounted';
import { requirePeers } from '../require-peers';
import { accessToken } from './google-token';

/** How the directories of a program are resolved. */
export type ProgramStore = 'directories' | 's3' | 'mounted';

export const STORES: readonly ProgramStore[] = ['directories', 's3', 'mounted'];

/** A program request whose directories are of a store. */
export interface StoredRequest extends Pick<
  ProgramRequest,
  'program' | 'step' | 'parameters' | 'inputs' | 'outputs'
> {
  /** What the model was trained on, for its digest. */
  readonly data?: string;
  /** Takes what outlives the run. */
  readonly publish?: string;
  /** Version of a key of Google Cloud KMS. */
  readonly signingKey?: string;
}

/** What a program did. */
export interface ProgramOutcome {
  /** False where an earlier try had done all of it. */
  readonly ran: boolean;
  /** What `register` published; the metrics of every program are in its output `metrics`. */
  readonly answer: object;
}

const RUN: Readonly<Record<ProgramStore, (request: StoredRequest) => Promise<ProgramOutcome>>> = {
  directories: runInDirectories,
  s3: runInS3,
  mounted: runInMount,
};

/** The options that one store alone has a use for. */
const STORE_OF = { data: 's3', publish: 'mounted', signingKey: 'mounted' } as const;
const FLAGS = { data: '--data', publish: '--publish', signingKey: '--signing-key' } as const;

/** @throws IssueError when the request has what the store has no use for, or the program fails */
export async function runInStore(store: ProgramStore, request: StoredRequest): Promise<ProgramOutcome> {
  throwIssues('program', [...optionIssues(store, request), ...uriIssues(store, request)]);
  return RUN[store](request);
}

/** The directories as they are: outputs are made where they are missing. */
async function runInDirectories({
  inputs,
  outputs,
  program,
  step,
  parameters,
}: StoredRequest): Promise<ProgramOutcome> {
  const made = absolute(outputs);
  for (const directory of Object.values(made)) mkdirSync(directory, { recursive: true });
  await runProgram({ schemaVersion: 1, program, step, parameters, inputs: absolute(inputs), outputs: made });
  return { ran: true, answer: {} };
}

/** Directories of S3, read and written by the code that is the Lambda function. */
async function runInS3({
  program,
  step,
  parameters,
  inputs,
  outputs,
  data,
}: StoredRequest): Promise<ProgramOutcome> {
  requirePeers('program', ['@aws-sdk/client-s3', '@aws-sdk/client-kms']);
  const { handler } = await import('../aws/functions/program.js');
  const event = { program, step, parameters, inputs, outputs, data };
  const { version, digest, modelUri, dataDigest } = await handler(event);
  return { ran: true, answer: { version, digest, modelUri, dataDigest } };
}

/** Directories of a mounted bucket, where files are only ever added. */
async function runInMount(request: StoredRequest): Promise<ProgramOutcome> {
  const { program, step, parameters, inputs, outputs, publish, signingKey } = request;
  const mounted = {
    ...{ program, step, parameters },
    inputs: absolute(inputs),
    outputs: absolute(outputs),
    publish: publish === undefined ? undefined : resolve(publish),
  };
  const signer =
    signingKey === undefined ? undefined : googleKmsSigner({ keyVersion: signingKey, accessToken });
  return { ran: await runMounted(mounted, { signer }), answer: {} };
}

function optionIssues(store: ProgramStore, request: StoredRequest): Issue[] {
  return (['data', 'publish', 'signingKey'] as const)
    .filter((option) => request[option] !== undefined && STORE_OF[option] !== store)
    .map((option) => {
      const message = `is of no use with --store ${store}`;
      return issue(
        'store-option',
        FLAGS[option],
        message,
        `leave it out, or give --store ${STORE_OF[option]}`,
      );
    });
}

function uriIssues(store: ProgramStore, { inputs, outputs }: StoredRequest): Issue[] {
  if (store === 's3') return [];
  return Object.entries({ ...inputs, ...outputs })
    .filter(([, directory]) => /^\w+:\/\//.test(directory))
    .map(([name, directory]) =>
      issue('store-uri', name, `got ${directory}, wanted a directory of this machine`, 'S3 takes --store s3'),
    );
}

function absolute(directories: StoredRequest['inputs']): Record<string, string> {
  return Object.fromEntries(Object.entries(directories).map(([name, path]) => [name, resolve(path)]));
}
