export { compile } from './compile';
export { decideGate, type GateCheck, type GateVerdict } from './gate';
export { toMermaid } from './mermaid';
export * from './plan';
