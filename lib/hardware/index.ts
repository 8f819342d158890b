export { ACCELERATORS, type AcceleratorSpec } from './accelerators';
export { MACHINES, findMachine } from './catalogue';
export { checkModelFits, memoryNeeded, type ModelFit } from './fit';
export {
  checkLanguageModelFits,
  GPU_MEMORY_UTILIZATION,
  type GpuMemory,
  gpuMemory,
  type LanguageModelSize,
  type Load,
  machineForLanguageModel,
} from './language-model-fit';
export {
  type LanguageModelNeeds,
  languageModelNeeds,
  pickMachineForLanguageModel,
} from './language-model-needs';
export type { AwsMachine, Cloud, GoogleMachine, Machine, MachineOf, MachineUse } from './machine';
export { pickMachine, type Where } from './pick-machine';
