import { gateBounds, gateMetrics, gateNotEmpty, gateRange } from './gates';
import { machineAccelerators } from './machines';
import { alarmLevels, captureNeeded, replicas } from './operation';
import type { Rule } from './rule';
import { signatureNames, tuning } from './training';

export const RULES: readonly Rule[] = [
  signatureNames,
  gateNotEmpty,
  gateBounds,
  gateMetrics,
  gateRange,
  machineAccelerators,
  tuning,
  replicas,
  alarmLevels,
  captureNeeded,
];
