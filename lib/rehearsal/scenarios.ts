import type { Plan, Step } from '../pipeline/plan/plan';

/** What goes wrong in a rehearsal, in the words of no cloud. */
export type Fault =
  | { readonly kind: 'none' }
  /** The step measures what its gate rejects. */
  | { readonly kind: 'poor-metrics'; readonly step: string }
  /** The golden samples say something else than the model. */
  | { readonly kind: 'golden-differ' }
  /** The language model is not the one that its signature declares. */
  | { readonly kind: 'model-differs' }
  /** A job's machine is taken away, or there is none of its kind. */
  | { readonly kind: 'machine-taken' | 'no-capacity'; readonly step: string }
  /** Every trial of the tuning fails, or tells nothing of what is searched for. */
  | { readonly kind: 'trials'; readonly how: 'fail' | 'tell-nothing' }
  | { readonly kind: 'approval'; readonly answer: 'rejected' | 'expired' }
  /** The endpoint does not come up; returns to what was live; serves, but answers something else. */
  | { readonly kind: 'endpoint'; readonly how: 'fails' | 'turns-back' | 'answers-differ' }
  /** Someone removed the endpoint with all that it served; it comes back when asked to, or fails to. */
  | { readonly kind: 'endpoint-gone'; readonly comesBack: boolean }
  /** Another run releases at the same moment, and dies without a word. */
  | { readonly kind: 'release-under-way' };

/** One way that a run can go. */
export interface Scenario {
  readonly name: string;
  readonly fault: Fault;
  /** What is run: the pipeline, or a rollback. */
  readonly runs: 'pipeline' | 'rollback';
  /** What a rollback is asked to go to: `before`, or a version's name. @default - nothing */
  readonly to?: string;
  /** Whether a person approves. */
  readonly approval: 'automatic' | 'manual';
  /** Whether another version is live before. */
  readonly liveBefore: boolean;
  /** The step that fails, and the run with it; absent where the run succeeds. */
  readonly failsAt?: string;
  /** What is live at the end; `other` is any version but the one before. */
  readonly live: 'new' | 'other' | 'before' | 'none';
  /** A word of the failure that the run ends with. */
  readonly cause?: string;
}

const USUAL = {
  fault: { kind: 'none' },
  runs: 'pipeline',
  approval: 'automatic',
  liveBefore: true,
  live: 'before',
} as const;

/** Every scenario that the plan can meet. */
export function scenariosOf(plan: Plan): Scenario[] {
  const has = (id: string) => plan.steps.some((step) => step.id === id);
  const refusals = has('convert') ? OF_TENSORS : OF_PROMPTS;
  const trained = has('tune') ? 'tune' : 'train';
  const withFallback = plan.steps.some((step) => step.kind === 'job' && step.fallbackMachines.length > 0);
  return [
    { ...USUAL, name: 'success', liveBefore: false, live: 'new' },
    { ...USUAL, name: 'success, over another version', live: 'new' },
    {
      ...USUAL,
      name: 'gate failure',
      fault: { kind: 'poor-metrics', step: 'evaluate' },
      failsAt: 'gate',
      cause: 'GateRejected',
    },
    ...(has('gate-quantize')
      ? [
          {
            ...USUAL,
            name: 'quantised model rejected',
            fault: { kind: 'poor-metrics', step: 'evaluate-quantize' },
            live: 'other',
          } as const,
        ]
      : []),
    {
      ...USUAL,
      name: 'verification failure',
      fault: refusals.unverified,
      failsAt: 'verify',
      cause: refusals.verification,
    },
    ...(has('tune') ? TUNING : []),
    {
      ...USUAL,
      name: 'spot interruption with resume',
      fault: { kind: 'machine-taken', step: trained },
      live: 'new',
    },
    {
      ...USUAL,
      name: withFallback ? 'capacity error with fallback machine' : 'capacity error with another try',
      fault: { kind: 'no-capacity', step: trained },
      live: 'new',
    },
    { ...USUAL, name: 'approval given', approval: 'manual', live: 'new' },
    {
      ...USUAL,
      name: 'approval rejected',
      fault: { kind: 'approval', answer: 'rejected' },
      approval: 'manual',
      failsAt: 'approve',
      cause: 'Rejected',
    },
    {
      ...USUAL,
      name: 'approval expired',
      fault: { kind: 'approval', answer: 'expired' },
      approval: 'manual',
      failsAt: 'approve',
      cause: 'Timeout',
    },
    {
      ...USUAL,
      name: 'endpoint failed',
      fault: { kind: 'endpoint', how: 'fails' },
      liveBefore: false,
      failsAt: 'release',
      live: 'none',
      cause: 'NotReleased',
    },
    {
      ...USUAL,
      name: 'silent rollback',
      fault: { kind: 'endpoint', how: 'turns-back' },
      failsAt: 'release',
      cause: 'NotReleased',
    },
    {
      ...USUAL,
      name: 'smoke test failed',
      fault: { kind: 'endpoint', how: 'answers-differ' },
      failsAt: 'release',
      cause: refusals.smokeTest,
    },
    { ...USUAL, name: 'concurrent release', fault: { kind: 'release-under-way' }, live: 'new' },
    ...rollbacks(refusals.smokeTest),
  ];
}

/** What is wrong with a model that is not verified, and the words that it and a wrong endpoint are refused in. */
interface Refusals {
  readonly unverified: Fault;
  readonly verification: string;
  readonly smokeTest: string;
}

const OF_TENSORS: Refusals = {
  unverified: { kind: 'golden-differ' },
  verification: 'golden-tensors',
  smokeTest: 'smoke-test-difference',
};

const OF_PROMPTS: Refusals = {
  unverified: { kind: 'model-differs' },
  verification: 'language-model-signature',
  smokeTest: 'smoke-test-prompt',
};

const TUNING: readonly Scenario[] = [
  {
    ...USUAL,
    name: 'no trial succeeded',
    fault: { kind: 'trials', how: 'fail' },
    failsAt: 'tune',
  },
  {
    ...USUAL,
    name: 'no trial told what is searched for',
    fault: { kind: 'trials', how: 'tell-nothing' },
    failsAt: 'tune',
  },
];

const ROLLBACK = { ...USUAL, runs: 'rollback' } as const;

const rollbacks = (smokeTest: string): Scenario[] => [
  { ...ROLLBACK, name: 'rollback' },
  { ...ROLLBACK, name: 'rollback to a version by its name', to: 'before' },
  {
    ...ROLLBACK,
    name: 'rollback to a version that was never live',
    to: 'ffffffffffff',
    failsAt: 'rollback',
    live: 'new',
  },
  { ...ROLLBACK, name: 'rollback while a release is under way', fault: { kind: 'release-under-way' } },
  {
    ...ROLLBACK,
    name: 'rollback of an endpoint that is gone',
    fault: { kind: 'endpoint-gone', comesBack: true },
  },
  {
    ...ROLLBACK,
    name: 'rollback of an endpoint that does not come back',
    fault: { kind: 'endpoint-gone', comesBack: false },
    failsAt: 'rollback',
    live: 'none',
    cause: 'NotReleased',
  },
  {
    ...ROLLBACK,
    name: 'rollback whose smoke test fails',
    fault: { kind: 'endpoint', how: 'answers-differ' },
    failsAt: 'rollback',
    live: 'new',
    cause: smokeTest,
  },
];

/** The steps of a pipeline's run, in order: up to the one that fails, then along its failure edges. */
export function expectedSteps({ start, steps }: Plan, failsAt?: string): string[] {
  const path: string[] = [];
  let id: string | null = start;
  while (id !== null) {
    path.push(id);
    const step: Step | undefined = steps.find((candidate) => candidate.id === id);
    id = (id === failsAt ? step?.onFailure : step?.next) ?? null;
  }
  return path;
}

/** The steps of a rollback's run. */
export function expectedRollbackSteps(failsAt?: string): string[] {
  return failsAt === undefined ? ['rollback'] : ['rollback', 'restore', 'notify-failure'];
}
