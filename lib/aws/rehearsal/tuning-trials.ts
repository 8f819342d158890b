import type { Json, Tuning } from '../../pipeline';
import type { Metrics } from '../../program';
import type { TrainingParameters } from './job-parameters';

/** Trials that a rehearsal makes of a tuning: as many as it takes to find out which one goes on. */
const TRIALS = 2;

interface NumericRange {
  readonly Name: string;
  readonly MinValue: string;
  readonly MaxValue: string;
}

interface CategoricalRange {
  readonly Name: string;
  readonly Values: readonly string[];
}

/** Parameters of CreateHyperParameterTuningJob. */
export interface TuningParameters {
  readonly HyperParameterTuningJobName: string;
  readonly HyperParameterTuningJobConfig: {
    readonly HyperParameterTuningJobObjective: { readonly Type: 'Maximize' | 'Minimize' };
    readonly ResourceLimits: { readonly MaxNumberOfTrainingJobs: number };
    readonly ParameterRanges: {
      readonly ContinuousParameterRanges: readonly NumericRange[];
      readonly IntegerParameterRanges: readonly NumericRange[];
      readonly CategoricalParameterRanges: readonly CategoricalRange[];
    };
  };
  readonly TrainingJobDefinition: Omit<TrainingParameters, 'TrainingJobName'> & {
    readonly AlgorithmSpecification: {
      readonly MetricDefinitions: readonly { readonly Name: string; readonly Regex: string }[];
    };
  };
}

/** A training job of a tuning that has ended. */
export interface Trial {
  readonly name: string;
  /** Of the objective; absent where the job failed, or did not tell it. */
  readonly value?: number;
}

/** Names of the trials' jobs, with the hyperparameters that the tuning chose for each. */
export function chooseTrials({
  HyperParameterTuningJobName,
  HyperParameterTuningJobConfig: { ParameterRanges, ResourceLimits },
}: TuningParameters): { readonly name: string; readonly chosen: Readonly<Record<string, string>> }[] {
  const count = Math.min(TRIALS, ResourceLimits.MaxNumberOfTrainingJobs);
  const { CategoricalParameterRanges, ContinuousParameterRanges, IntegerParameterRanges } = ParameterRanges;
  return Array.from({ length: count }, (_, index) => ({
    name: `${HyperParameterTuningJobName}-00${index + 1}-rehearsed`,
    chosen: Object.fromEntries([
      ...[...ContinuousParameterRanges, ...IntegerParameterRanges].map(
        ({ MaxValue, MinValue, Name }) => [Name, index === 0 ? MinValue : MaxValue] as const,
      ),
      ...CategoricalParameterRanges.map(({ Name, Values }) => [Name, Values.at(-index) ?? ''] as const),
    ]),
  }));
}

/** Parameters of a trial's program: what the tuning chose is text, and becomes what its range says. */
export function trialParameters(
  { tuning, ...parameters }: Readonly<Record<string, Json>>,
  chosen: Readonly<Record<string, string>>,
): Record<string, Json> {
  const { ranges } = tuning as unknown as Tuning;
  const point = Object.entries(ranges).map(([name, { kind }]) => {
    const value = chosen[name];
    if (value === undefined) throw new Error(`the tuning chose no ${name}`);
    return [name, kind === 'categorical' ? value : Number(value)];
  });
  return {
    ...parameters,
    hyperparameters: { ...(parameters.hyperparameters as object), ...Object.fromEntries(point) } as Json,
  };
}

/** The objective, found as SageMaker finds it: in the line in which a training tells its metrics. */
export function readObjective(
  { TrainingJobDefinition }: TuningParameters,
  metrics: Metrics,
): number | undefined {
  const told = Object.entries(metrics).map(([name, value]) => `"${name}": ${value}`);
  const line = `{"event": "progress", "message": "trained", "fraction": 1.0, "metrics": {${told.join(', ')}}}`;
  const [definition] = TrainingJobDefinition.AlgorithmSpecification.MetricDefinitions;
  const value = new RegExp(definition?.Regex ?? '(?!)').exec(line)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** What DescribeHyperParameterTuningJob says of the best trial. */
export function describeBest(
  { HyperParameterTuningJobConfig }: TuningParameters,
  trials: readonly Trial[],
): { readonly BestTrainingJob?: { readonly TrainingJobName: string } } {
  const { Type } = HyperParameterTuningJobConfig.HyperParameterTuningJobObjective;
  const score = ({ value = 0 }: Trial) => (Type === 'Maximize' ? value : -value);
  const [best] = trials
    .filter(({ value }) => value !== undefined)
    .sort((one, other) => score(other) - score(one));
  return best === undefined ? {} : { BestTrainingJob: { TrainingJobName: best.name } };
}
