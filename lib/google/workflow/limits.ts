import { type Issue, issue } from '../../issue';
import { MAX_EXPRESSION } from './expression';
import type { Steps, WorkflowSource, WorkflowStep } from './source';

/** https://cloud.google.com/workflows/quotas */
const MAX_SOURCE_BYTES = 128 * 1024;
const MAX_ASSIGNMENTS = 50;
const MAX_CONDITIONS = 50;
const MAX_BRANCHES = 10;

const NAME = /^[a-zA-Z_]\w{0,63}$/;
const TARGET = /^[a-zA-Z_]\w*(\.\w+|\[[^\]]+\])*$/;

/** What Workflows would refuse of a definition, or fail on when it runs. */
export function checkSource(source: WorkflowSource, path: string): Issue[] {
  const bytes = Buffer.byteLength(renderSource(source));
  const subworkflows = new Set(Object.keys(source));
  return [
    ...(bytes > MAX_SOURCE_BYTES
      ? [
          issue(
            'workflow-source-size',
            path,
            `has ${bytes} bytes; Workflows takes ${MAX_SOURCE_BYTES}`,
            'Shorten the definition: fewer metrics in gates, or fewer optimisation steps.',
          ),
        ]
      : []),
    ...Object.entries(source).flatMap(([name, { params = [], steps }]) => [
      ...checkName(name, `${path}.${name}`),
      ...params.flatMap((param) =>
        checkName(
          typeof param === 'string' ? param : (Object.keys(param)[0] ?? ''),
          `${path}.${name}.params`,
        ),
      ),
      ...checkSteps(steps, `${path}.${name}`, { seen: new Set(), subworkflows }),
      ...checkJumps(steps, `${path}.${name}`),
    ]),
  ];
}

/** The source as it is deployed. */
export function renderSource(source: WorkflowSource): string {
  return JSON.stringify(source);
}

interface Names {
  /** Of the steps of this subworkflow. */
  readonly seen: Set<string>;
  readonly subworkflows: ReadonlySet<string>;
}

function checkSteps(steps: Steps, path: string, names: Names): Issue[] {
  return steps.flatMap((entry) =>
    Object.entries(entry).flatMap(([name, step]) => {
      const at = `${path}.${name}`;
      const twice = names.seen.has(name)
        ? [issue('workflow-step-name', at, 'is the name of two steps', 'Rename a step of the pipeline.')]
        : [];
      names.seen.add(name);
      return [...checkName(name, at), ...twice, ...checkStep(step, at, names)];
    }),
  );
}

function checkStep(step: WorkflowStep, path: string, names: Names): Issue[] {
  const { assign = [], for: loop, parallel, switch: conditions = [], except } = step;
  const { steps, try: body, ...rest } = step;
  const branches = parallel?.branches ?? [];
  return [
    ...checkCount('assignments', assign.length, MAX_ASSIGNMENTS, path),
    ...checkCount('conditions', conditions.length, MAX_CONDITIONS, path),
    ...checkCount('branches', branches.length, MAX_BRANCHES, path),
    ...assign
      .flatMap((each) => Object.keys(each))
      .filter((target) => !TARGET.test(target))
      .map((target) => wrongName(target, path)),
    ...checkCall(step.call, path, names),
    ...expressionsOf({
      ...rest,
      except: undefined,
      for: loop && { in: loop.in, range: loop.range },
      parallel: undefined,
      switch: conditions.map(({ condition, ...then }) => ({
        condition,
        then: { ...then, steps: undefined },
      })),
    })
      .filter((expression) => expression.length > MAX_EXPRESSION)
      .map((expression) =>
        issue(
          'workflow-expression-length',
          path,
          `has an expression of ${expression.length} characters; Workflows takes ${MAX_EXPRESSION}: ${expression.slice(0, 60)}…`,
          'Shorten the names it is made of: of the pipeline, the bucket, a metric.',
        ),
      ),
    ...conditions.flatMap(({ steps: then = [] }) => checkSteps(then, path, names)),
    ...(steps ? checkSteps(steps, path, names) : []),
    ...(body ? checkStep(body, path, names) : []),
    ...(except ? checkSteps(except.steps, path, names) : []),
    ...(loop ? checkSteps(loop.steps, path, names) : []),
    ...branches.flatMap((branch) =>
      Object.values(branch).flatMap((inner) => checkSteps(inner.steps, path, names)),
    ),
    ...(parallel?.for ? checkSteps(parallel.for.steps, path, names) : []),
  ];
}

/** What has a dot is of the standard library or a connector. */
function checkCall(call: string | undefined, path: string, { subworkflows }: Names): Issue[] {
  if (call === undefined || call.includes('.') || subworkflows.has(call)) return [];
  return [issue('workflow-call', path, `calls "${call}", which the source has not`, 'Add the subworkflow.')];
}

/** Jumps go to steps of the same subworkflow. */
function checkJumps(steps: Steps, path: string): Issue[] {
  const names = new Set<string>(['end', 'break', 'continue']);
  const targets: string[] = [];
  visit(steps, (key, inner) => {
    if (key === 'next' && typeof inner === 'string') targets.push(inner);
  });
  collectNames(steps, names);
  return targets
    .filter((target) => !names.has(target))
    .map((target) =>
      issue(
        'workflow-jump',
        path,
        `jumps to "${target}", which is no step of it`,
        'Name a step that is there.',
      ),
    );
}

function collectNames(steps: Steps, names: Set<string>): void {
  for (const entry of steps) {
    for (const [name, step] of Object.entries(entry)) {
      names.add(name);
      visit(step, (key, inner) => {
        if (key !== 'steps' || !Array.isArray(inner)) return;
        for (const each of inner as Steps) for (const nested of Object.keys(each)) names.add(nested);
      });
    }
  }
}

function visit(node: unknown, see: (key: string, inner: unknown) => void): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, inner] of Object.entries(node)) {
    // Arguments are data, whatever their keys are.
    if (key === 'args') continue;
    see(key, inner);
    visit(inner, see);
  }
}

function checkCount(what: string, count: number, most: number, path: string): Issue[] {
  if (count <= most) return [];
  const message = `has ${count} ${what}; Workflows takes ${most}`;
  return [issue(`workflow-${what}`, path, message, 'Split the step, or shorten the definition.')];
}

function checkName(name: string, path: string): Issue[] {
  return NAME.test(name) ? [] : [wrongName(name, path)];
}

function wrongName(name: string, path: string): Issue {
  const fix = 'Names have letters, digits and _, at most 64 of them, and begin with no digit.';
  return issue('workflow-name', path, `has the name "${name}"`, fix);
}

/** The inner text of every `${…}`. */
function expressionsOf(node: unknown): string[] {
  if (typeof node === 'string') return /^\$\{(.*)\}$/s.exec(node)?.slice(1) ?? [];
  if (typeof node !== 'object' || node === null) return [];
  return Object.values(node).flatMap(expressionsOf);
}
