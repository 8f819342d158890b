import { createHash } from 'node:crypto';
import {
  isLanguageModel,
  type LanguageModelSignature,
  type ModelSignature,
  type TensorSpec,
} from '../../pipeline/definition';
import type { FileDigest } from '../manifest';
import type { VerificationReport } from '../report';

export interface BomSubject {
  readonly pipeline: string;
  /** Id of the version, 12 hexadecimal digits. */
  readonly version: string;
  /** Every file of the version that is known when the bill is made, by path. */
  readonly files: Readonly<Record<string, FileDigest>>;
  readonly signature: ModelSignature | LanguageModelSignature;
  readonly report: VerificationReport;
  /** What evaluation measured, by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

const MODEL = 'model.onnx';
/** Reference of a model that is several files. */
const LANGUAGE_MODEL = 'model';
const GOLDEN = 'golden/';

/**
 * CycloneDX 1.6 bill of materials of a version: the model with its digest, its metrics as a model card,
 * the golden samples as the dataset it was tested on, and the files it is served with; a language model
 * is among these files. The same version makes the same bill: there is no clock time in it.
 */
export function modelBom({ pipeline, version, files, signature, report, metrics }: BomSubject): object {
  const paths = Object.keys(files).filter((path) => path !== MODEL);
  const [golden, others] = [true, false].map((wanted) =>
    paths.filter((path) => path.startsWith(GOLDEN) === wanted),
  );
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(`${pipeline}/${version}/${report.model.sha256}`)}`,
    version: 1,
    metadata: {
      tools: {
        components: [
          { type: 'application', name: 'cdk-model-pipeline', version: report.verifier.version },
          ...(report.verifier.onnxruntime === undefined
            ? []
            : [{ type: 'library', name: 'onnxruntime-node', version: report.verifier.onnxruntime }]),
        ],
      },
      component: {
        type: 'machine-learning-model',
        ...(isLanguageModel(signature)
          ? { 'bom-ref': LANGUAGE_MODEL }
          : { 'bom-ref': MODEL, hashes: hashes(report.model.sha256) }),
        name: pipeline,
        version,
        modelCard: {
          modelParameters: modelParameters(signature, golden ?? []),
          quantitativeAnalysis: {
            performanceMetrics: Object.entries(metrics).map(([type, value]) => ({
              type,
              value: String(value),
            })),
          },
        },
      },
    },
    components: [
      ...(golden ?? []).map((path) => ({
        ...component('data', path, files),
        data: [{ type: 'dataset', name: 'golden samples' }],
      })),
      ...(others ?? []).map((path) => component('file', path, files)),
    ],
  };
}

function modelParameters(signature: BomSubject['signature'], golden: readonly string[]): object {
  if (isLanguageModel(signature)) {
    const text = [{ format: 'text' }];
    const { architecture, task } = signature;
    return { task, modelArchitecture: architecture, inputs: text, outputs: text };
  }
  return {
    datasets: golden.map((path) => ({ ref: path })),
    inputs: formats(signature.inputs),
    outputs: formats(signature.outputs),
  };
}

function component(type: 'data' | 'file', path: string, files: BomSubject['files']): object {
  return { type, 'bom-ref': path, name: path, hashes: hashes(files[path]?.sha256 ?? '') };
}

function hashes(content: string): object[] {
  return [{ alg: 'SHA-256', content }];
}

function formats(specs: Readonly<Record<string, TensorSpec>>): object[] {
  return Object.entries(specs).map(([name, { dtype, shape }]) => ({
    format: `${name}: ${dtype} [${shape.join(', ')}]`,
  }));
}

/** A UUID of version 8, which is free to be made of anything, here of a digest. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
