import type { GoldenSample, GoldenSamples } from '../../artifact/golden-sample';
import type { Tensor } from '../../artifact/tensor';
import { datatypeOf } from '../../serving/datatypes';
import type { Guard } from './fake-s3';
import { parseS3Uri } from '../functions/s3-uri';
import { liveVersion, type World } from './world';

/** What the live version was made sure of with: requests as it knows them, and their answers. */
export function goldenOf(world: World, bucket: string): readonly GoldenSample[] {
  const version = liveVersion(world, bucket) ?? '';
  const file = world.s3.get(bucket, `models/${version}/golden/samples.json`);
  return (JSON.parse(file?.toString() ?? '{"samples":[]}') as GoldenSamples).samples;
}

/**
 * Files requests with their answers, as SageMaker records them today.
 *
 * @param guard judges accesses in the name of the endpoint's role
 */
export function recordRequests(
  { s3 }: World,
  uri: string,
  samples: readonly GoldenSample[],
  guard: Guard,
): void {
  const time = new Date().toISOString();
  const { bucket, prefix } = parseS3Uri(uri, 'capture');
  const key = `${prefix}${time.slice(0, 13).replace(/[-T]/g, '/')}/requests.jsonl`;
  guard('s3:PutObject', bucket, key);
  const lines = samples.map(({ outputs, tensors }, index) =>
    JSON.stringify({
      captureData: {
        endpointInput: { mode: 'INPUT', ...renderBody({ inputs: renderTensors(tensors) }) },
        endpointOutput: { mode: 'OUTPUT', ...renderBody({ outputs: renderTensors(outputs) }) },
      },
      eventMetadata: { eventId: String(index), inferenceTime: time },
      eventVersion: '0',
    }),
  );
  s3.put(bucket, key, `${lines.join('\n')}\n`);
}

/** Labelled samples as people bring them back; each number makes one that no other has. */
export function labelledSamples(samples: readonly GoldenSample[], numbers: readonly number[]): string {
  const lines = numbers.map((number) => {
    const input = samples[number % samples.length]?.input ?? {};
    return JSON.stringify({ input: { ...input, sample: number }, label: number % 2 });
  });
  return `${lines.join('\n')}\n`;
}

function renderBody(body: object): object {
  return { observedContentType: 'application/json', data: JSON.stringify(body), encoding: 'JSON' };
}

function renderTensors(tensors: Readonly<Record<string, Tensor>>): object[] {
  return Object.entries(tensors).map(([name, { data, dtype, shape }]) => ({
    name,
    shape,
    datatype: datatypeOf(dtype),
    data,
  }));
}
