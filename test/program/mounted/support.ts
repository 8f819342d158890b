import { join } from 'node:path';
import type { MountedRequest } from '../../../lib/program/mounted/run-mounted';
import { SPAM_FILTER, temporaryDirectory } from '../../artifact/support';
import { EXPORTED, SIGNATURE } from '../support';

/** A directory that stands for the mounted bucket, and the paths of a run in it. */
export interface Mount {
  readonly bucket: string;
  readonly at: (path: string) => string;
}

export function mount(): Mount {
  const bucket = temporaryDirectory();
  return { bucket, at: (path) => join(bucket, 'runs/r1', path) };
}

/** A request of a program whose step has its name. */
export function mounted(
  { at }: Mount,
  program: string,
  inputs: MountedRequest['inputs'],
  output: string,
  parameters: object = { signature: SIGNATURE, tolerance: { absolute: 0.001 } },
): MountedRequest {
  return {
    ...{ program, step: program, inputs },
    parameters: parameters as MountedRequest['parameters'],
    outputs: { [output]: at(`${program}/${output}`), metrics: at(`${program}/metrics`) },
  };
}

export const conversion = (store: Mount) => mounted(store, 'convert', EXPORTED, 'model');

export function registration(store: Mount): MountedRequest {
  const inputs = { model: SPAM_FILTER, report: SPAM_FILTER, evaluation: SPAM_FILTER };
  return {
    ...mounted(store, 'register', inputs, 'version', { pipeline: 'spam-filter', runtime: 'onnx' }),
    publish: join(store.bucket, 'models'),
  };
}
