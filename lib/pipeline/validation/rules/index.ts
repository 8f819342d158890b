import { framework } from './framework';
import { gateBounds, gateMetrics, gateNotEmpty, gateRange } from './gates';
import { languageModel } from './language-model';
import { fallbackMachines, machineAccelerators } from './machines';
import { alarmLevels, captureNeeded } from './operation';
import { replicas } from './replicas';
import type { Rule } from './rule';
import { distribution, signatureNames, spot, tuning, warmPool } from './training';

export const RULES: readonly Rule[] = [
  signatureNames,
  languageModel,
  framework,
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
