import { batch } from './batch';
import type { Check } from './check';
import { determinism } from './determinism';
import { externalData } from './external-data';
import { finiteOutputs } from './finite-outputs';
import { goldenRaw } from './golden-raw';
import { goldenTensors } from './golden-tensors';
import { latency } from './latency';
import { load } from './load';
import { model } from './model';
import { operators } from './operators';
import { run } from './run';
import { signature } from './signature';

/** Every check, in the order they are run; each comes after those it depends on. */
export const CHECKS: readonly Check[] = [
  model,
  operators,
  externalData,
  signature,
  load,
  run,
  goldenTensors,
  goldenRaw,
  batch,
  determinism,
  finiteOutputs,
  latency,
];
