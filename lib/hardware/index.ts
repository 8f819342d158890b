export { ACCELERATORS, type AcceleratorSpec } from './accelerators';
export { MACHINES, findMachine } from './catalogue';
export { checkModelFits, memoryNeeded, type ModelFit } from './fit';
export type { AwsMachine, Cloud, GoogleMachine, Machine, MachineOf, MachineUse } from './machine';
export { pickMachine, type Where } from './pick-machine';
