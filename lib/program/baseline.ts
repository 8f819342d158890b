import { join } from 'node:path';
import { ModelProcess, readGolden, VerifiedArtifact, type Latency, type Tensor } from '../artifact';
import { summarizeTimes } from '../artifact/checks/latency';
import { toNumbers } from '../artifact/tensor';
import type { Metrics, ProgramRequest } from './contract';
import { describeDistribution, type Distribution } from './distribution';
import { inputOf, outputOf, writeJson } from './support';

/** `baseline.json`: what a version answers and how fast, before it meets real requests. */
export interface Baseline {
  readonly schemaVersion: 1;
  readonly pipeline: string;
  readonly version: string;
  readonly samples: number;
  /** By output; outputs of strings have none. */
  readonly outputs: Readonly<Record<string, Distribution>>;
  /** Of one sample in the runtime, on the machine that measured. */
  readonly latency: Latency;
}

/**
 * Runs a version over its golden samples and writes the distribution of its answers.
 *
 * @throws IssueError when the version is not a verified one
 */
export async function baseline(request: ProgramRequest): Promise<Metrics> {
  const artifact = VerifiedArtifact.fromDirectory(inputOf(request, 'version'));
  const { samples } = readGolden(join(artifact.directory, 'golden'));
  const process = await ModelProcess.start(join(artifact.directory, 'model.onnx'));
  const times: number[] = [];
  const answers: Record<string, Tensor>[] = [];
  try {
    // The first run of a process also allocates; it is not what requests will see.
    await process.run(samples[0]?.tensors ?? {});
    for (const { tensors } of samples) {
      const { outputs, milliseconds } = await process.time(tensors);
      answers.push(outputs);
      times.push(milliseconds);
    }
  } finally {
    await process.stop();
  }
  const latency = summarizeTimes(times);
  const result: Baseline = {
    schemaVersion: 1,
    pipeline: artifact.pipeline,
    version: artifact.version,
    samples: samples.length,
    outputs: distributions(Object.keys(artifact.signature.outputs), answers),
    latency,
  };
  writeJson(join(outputOf(request, 'baseline'), 'baseline.json'), result);
  return baselineMetrics(result);
}

export function baselineMetrics({ samples, latency }: Baseline): Metrics {
  return { samples, latency_p50_ms: latency.p50Ms, latency_p99_ms: latency.p99Ms };
}

function distributions(
  names: readonly string[],
  answers: readonly Record<string, Tensor>[],
): Record<string, Distribution> {
  const described = names.flatMap((name) => {
    const tensors = answers.map((outputs) => outputs[name]).filter((tensor) => tensor !== undefined);
    const values = tensors.flatMap((tensor) => (tensor.dtype === 'string' ? [] : [...toNumbers(tensor)]));
    return values.length === 0 ? [] : [[name, describeDistribution(values)] as const];
  });
  return Object.fromEntries(described);
}
