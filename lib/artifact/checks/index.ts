import { archive } from './archive';
import { batch } from './batch';
import type { Check } from './check';
import { determinism } from './determinism';
import { externalData } from './external-data';
import { extremes } from './extremes';
import { finiteOutputs } from './finite-outputs';
import { goldenRaw } from './golden-raw';
import { goldenTensors } from './golden-tensors';
import { graph } from './graph';
import { latency } from './latency';
import { load } from './load';
import { model } from './model';
import { operators } from './operators';
import { resources } from './resources';
import { run } from './run';
import { shapes } from './shapes';
import { signature } from './signature';
import { tensors } from './tensors';
import { weights } from './weights';

/** Every check, in the order they are run; each comes after those it depends on. */
export const CHECKS: readonly Check[] = [
  model,
  operators,
  graph,
  tensors,
  externalData,
  weights,
  resources,
  archive,
  signature,
  load,
  run,
  goldenTensors,
  goldenRaw,
  batch,
  determinism,
  finiteOutputs,
  latency,
  shapes,
  extremes,
];
