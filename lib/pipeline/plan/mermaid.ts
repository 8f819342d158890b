import { type Plan, STAGES, type Step } from './plan';

const SHAPES: Readonly<Record<Step['kind'], readonly [open: string, close: string]>> = {
  job: ['["', '"]'],
  function: ['("', '")'],
  gate: ['{"', '"}'],
  approval: ['[/"', '"/]'],
  release: ['[["', '"]]'],
  notify: ['>"', '"]'],
};

/** The plan as a Mermaid flowchart: one subgraph a stage, dotted lines for the failure edges. */
export function toMermaid(plan: Plan): string {
  const lines = ['flowchart TB'];
  for (const stage of STAGES) {
    const steps = plan.steps.filter((step) => step.stage === stage);
    if (steps.length === 0) continue;
    lines.push(`  subgraph ${stage}`, ...steps.map((step) => `    ${node(step)}`), '  end');
  }
  for (const step of plan.steps) {
    if (step.next !== null) lines.push(`  ${step.id} --> ${step.next}`);
    if (step.onFailure !== null) lines.push(`  ${step.id} -.-> ${step.onFailure}`);
  }
  return `${lines.join('\n')}\n`;
}

function node(step: Step): string {
  const [open, close] = SHAPES[step.kind];
  return `${step.id}${open}${label(step)}${close}`;
}

function label(step: Step): string {
  return step.kind === 'gate' ? [step.id, ...step.rules.map(({ metric }) => metric)].join('<br/>') : step.id;
}
