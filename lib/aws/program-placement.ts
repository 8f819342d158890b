import { Annotations, type Size } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type Issue, issue } from '../issue';
import type { FunctionStep, Plan } from '../pipeline';
import type { ContainerImage } from './container-image';
import { DEFAULT_MODEL_SIZE, sizeProgram } from './program-size';

/** Steps whose artifact programs run as jobs: the model is too large for functions. */
export function stepsAsJobs({ steps }: Plan, modelSize = DEFAULT_MODEL_SIZE): ReadonlySet<string> {
  const programs = steps.filter((step): step is FunctionStep => step.kind === 'function');
  return new Set(programs.filter((step) => !sizeProgram(step, modelSize).fitsLambda).map(({ id }) => id));
}

/** @param image that holds the artifact programs */
export function checkProgramImage(
  jobs: ReadonlySet<string>,
  modelSize: Size | undefined,
  image: ContainerImage | undefined,
): Issue[] {
  if (jobs.size === 0 || image) return [];
  const message = `is missing: with a modelSize of ${mebibytesOf(modelSize)}, ${[...jobs].join(', ')} run as jobs, in a container of this library's`;
  const fix =
    'Build containers/serving, push it, and pass ContainerImage.fromEcrRepository(repository, tag); or make the model smaller.';
  return [issue('program-image-missing', 'programImage', message, fix)];
}

/** Tells which programs do not run as functions. */
export function tellOfJobs(scope: Construct, jobs: ReadonlySet<string>, modelSize: Size | undefined): void {
  if (jobs.size === 0) return;
  Annotations.of(scope).addInfoV2(
    'cdk-model-pipeline:programs-as-jobs',
    `with a modelSize of ${mebibytesOf(modelSize)}, ${[...jobs].join(', ')} run as SageMaker processing jobs: ` +
      'a Lambda function has no room for the model.',
  );
}

function mebibytesOf(size = DEFAULT_MODEL_SIZE): string {
  return `${size.toMebibytes()} MiB`;
}
