import { gateBounds, gateMetrics, gateNotEmpty, gateRange } from './gates';
import { fallbackMachines, machineAccelerators } from './machines';
import { alarmLevels, captureNeeded } from './operation';
import { replicas } from './replicas';
import type { Rule } from './rule';
import { distribution, signatureNames, spot, tuning, warmPool } from './training';

export const RULES: readonly Rule[] = [
  signatureNames,
  gateNotEmpty,
  gateBounds,
  gateMetrics,
  gateRange,
  machineAccelerators,
  fallbackMachines,
  tuning,
  spot,
  warmPool,
  distribution,
  replicas,
  alarmLevels,
  captureNeeded,
];
