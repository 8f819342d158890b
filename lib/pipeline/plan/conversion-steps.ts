import { DEFAULT_TOLERANCE, type Json, type PipelineDefinition } from '../definition';
import type { ArtifactSource, JobStep } from './plan';
import {
  artifactFunction,
  type Candidate,
  DATA,
  job,
  output,
  PREPROCESSING,
  signatureParameter,
  type UnplacedStep,
} from './step';

const DEFAULT_OPSET = 18;
const DEFAULT_GOLDEN_SAMPLES = 32;

/**
 * The framework's model as an ONNX file, with the framework's own answers as golden samples.
 *
 * @param entry the Python file whose `load` reads the model
 */
export function exportStep(
  definition: PipelineDefinition,
  id: string,
  model: ArtifactSource,
  entry: string,
): Omit<JobStep, 'next'> {
  const { conversion = {}, training } = definition;
  return job(definition, {
    id,
    stage: 'conversion',
    program: 'export',
    parameters: {
      framework: training.framework,
      entry,
      opset: conversion.opset ?? DEFAULT_OPSET,
      signature: signatureParameter(definition),
      goldenSamples: conversion.goldenSamples ?? DEFAULT_GOLDEN_SAMPLES,
      tolerance: toleranceParameter(definition),
    },
    inputs: { data: DATA, preprocessing: PREPROCESSING, model },
    outputs: ['onnx', 'golden'],
    options: conversion.export,
  });
}

/** convert → verify: the package that is deployed, and the report that lets it be deployed. */
export function conversionSteps(definition: PipelineDefinition, { onnx, golden }: Candidate): UnplacedStep[] {
  const signature = signatureParameter(definition);
  return [
    artifactFunction({
      id: 'convert',
      stage: 'conversion',
      program: 'convert',
      parameters: { signature },
      inputs: { onnx, golden, preprocessing: PREPROCESSING },
      outputs: ['model'],
    }),
    artifactFunction({
      id: 'verify',
      stage: 'conversion',
      program: 'verify',
      parameters: { signature, tolerance: toleranceParameter(definition) },
      inputs: { model: output('convert', 'model') },
      outputs: ['report'],
    }),
  ];
}

function toleranceParameter({ conversion }: PipelineDefinition): Json {
  return { ...DEFAULT_TOLERANCE, ...conversion?.tolerance };
}
