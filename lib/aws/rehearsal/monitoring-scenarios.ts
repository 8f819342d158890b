import { driftLevels, type PipelineDefinition } from '../../pipeline';

/** One check for drift. */
export interface DriftScenario {
  readonly name: string;
  readonly runs: 'drift';
  /** Whether a version is live. */
  readonly liveBefore: boolean;
  /**
   * What the endpoint was asked since the last check: nothing; fewer samples than tell anything; such as the
   * model knows; all of one kind.
   */
  readonly requests: 'none' | 'few' | 'known' | 'unlike';
  /** Metrics that are put. */
  readonly measured: readonly string[];
  /** Levels of the alarms that go off. */
  readonly alarms: readonly string[];
}

/** One look at the age of the live version. */
export interface ModelAgeScenario {
  readonly name: string;
  readonly runs: 'model-age';
  readonly liveBefore: boolean;
  readonly measured: readonly string[];
}

/** Labelled samples that come back, up to the run that they start. */
export interface FeedbackScenario {
  readonly name: string;
  readonly runs: 'feedback';
  readonly liveBefore: boolean;
  /** What the function that counts them says, event by event. */
  readonly outcomes: readonly string[];
}

export type MonitoringScenario = DriftScenario | ModelAgeScenario | FeedbackScenario;

const INDICES = ['PopulationStability', 'PredictionStability'];

/** What can happen between two releases, as far as the definition asks for it. */
export function monitoringScenariosOf({ monitoring }: PipelineDefinition): MonitoringScenario[] {
  const { drift, feedback, modelAgeDays } = monitoring;
  return [
    ...(drift ? driftScenarios(Object.keys(driftLevels(drift)).map(capitalized)) : []),
    ...(modelAgeDays ? MODEL_AGE : []),
    ...(feedback ? FEEDBACK : []),
  ];
}

function driftScenarios(levels: readonly string[]): DriftScenario[] {
  const usual = { runs: 'drift', liveBefore: true, alarms: [] } as const;
  return [
    { ...usual, name: 'drift before the first release', liveBefore: false, requests: 'none', measured: [] },
    { ...usual, name: 'drift without requests', requests: 'none', measured: ['DriftSamples'] },
    { ...usual, name: 'drift of too few samples', requests: 'few', measured: ['DriftSamples'] },
    { ...usual, name: 'no drift', requests: 'known', measured: ['DriftSamples', ...INDICES] },
    {
      ...usual,
      name: 'drifted',
      requests: 'unlike',
      measured: ['DriftSamples', ...INDICES],
      alarms: levels,
    },
  ];
}

const MODEL_AGE: readonly ModelAgeScenario[] = [
  { name: 'age before the first release', runs: 'model-age', liveBefore: false, measured: [] },
  { name: 'age of the live version', runs: 'model-age', liveBefore: true, measured: ['ModelAgeDays'] },
];

const FEEDBACK: readonly FeedbackScenario[] = [
  {
    name: 'feedback before the first release',
    runs: 'feedback',
    liveBefore: false,
    outcomes: ['no version is live', 'no version is live', 'no version is live'],
  },
  {
    name: 'feedback starts one run',
    runs: 'feedback',
    liveBefore: true,
    // The last sample that is needed; the same event again; the end of the run.
    outcomes: ['too few samples', 'started', 'a run is active', 'too few samples'],
  },
];

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
