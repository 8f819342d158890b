import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { jobOf, MODEL } from './sagemaker';
import type { Subject, Subjects } from './subject';

export const roleShared: Rule = {
  id: 'role-shared',
  level: 'error',
  cause: 'A role of several steps lets each of them do what any of them needs.',
  fix: 'Give every step a role of its own.',
  check(subject, all) {
    const use = useOf(subject, all);
    if (!use) return NOT_APPLICABLE;
    const steps = all.view(stepsByRole).get(use.role) ?? new Set();
    return steps.size > 1 ? nonCompliant(`${use.roleText} is the role of ${steps.size} steps`) : COMPLIANT;
  },
};

interface RoleUse {
  /** Unique in the app. */
  readonly role: string;
  readonly roleText: string;
  readonly step: string;
}

function stepsByRole(all: Subjects): ReadonlyMap<string, ReadonlySet<string>> {
  const steps = new Map<string, Set<string>>();
  for (const subject of all) {
    const use = useOf(subject, all);
    if (use) steps.set(use.role, (steps.get(use.role) ?? new Set()).add(use.step));
  }
  return steps;
}

/** The step that a subject carries out, and its role. The same program on another machine is the same step. */
function useOf(subject: Subject, all: Subjects): RoleUse | undefined {
  const { type, name, properties, place } = subject;
  const use = (role: unknown, step: string): RoleUse | undefined =>
    typeof role === 'string'
      ? { role: `${place.templatePath ?? ''} ${role}`, roleText: role, step }
      : undefined;
  const job = jobOf(subject);
  if (job) return use(job.roleArn, JSON.stringify([job.use, job.program]));
  if (type === MODEL) return use(properties.ExecutionRoleArn, 'serving');
  return type === 'AWS::Lambda::Function' && all.view(invokedFunctions).has(name)
    ? use(properties.Role, name)
    : undefined;
}

/** Logical ids of what state machines invoke. */
function invokedFunctions(all: Subjects): ReadonlySet<string> {
  const definitions = all
    .ofType('AWS::StepFunctions::StateMachine')
    .map(({ properties }) => JSON.stringify(properties.DefinitionString ?? properties.Definition ?? ''));
  const references = definitions.flatMap((text) => [...text.matchAll(/\$\{(\w+)\.Arn\}/g)]);
  return new Set(references.map(([, id = '']) => id));
}
