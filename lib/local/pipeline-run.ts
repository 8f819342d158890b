import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ArtifactSource, PipelineDefinition, Plan, Step } from '../pipeline';
import { digestDirectory } from './digest';
import type { RunEvent } from './events';
import { type CodeDigests, digestCode, fingerprint } from './fingerprint';
import { History, Journal, type StepRecord } from './journal';
import { StepError } from './step-error';
import { runStep, type StepContext } from './steps';
import type { LocalStore } from './store';

type Services = Pick<StepContext, 'python' | 'signal' | 'approve'>;

/** One walk through a plan. Finished steps are found again by what they were made of, never redone. */
export class PipelineRun {
  private readonly journal: Journal;
  private readonly history: History;
  private readonly code: CodeDigests;
  private readonly records = new Map<string, StepRecord>();
  private failure: StepError | undefined;

  constructor(
    private readonly definition: PipelineDefinition,
    private readonly plan: Plan,
    private readonly store: LocalStore,
    private readonly dataset: string,
    private readonly services: Services,
    private readonly emit: (event: RunEvent) => void,
  ) {
    this.history = new History(store);
    this.journal = new Journal(store, plan.pipeline, store.createRun());
    this.code = digestCode(definition);
  }

  get run(): string {
    return this.journal.run;
  }

  get steps(): readonly StepRecord[] {
    return this.journal.steps;
  }

  /** Follows the plan's edges to their end. Returns why the run failed, if it did. */
  async execute(): Promise<StepError | undefined> {
    this.emit({ type: 'run-started', run: this.run, directory: this.directory, plan: this.plan });
    let id: string | null = this.plan.start;
    while (id !== null) {
      const step = this.step(id);
      try {
        await this.reuseOrRun(step);
        id = step.next;
      } catch (error) {
        const failure = toStepError(error);
        this.failure ??= failure;
        this.emit({ type: 'step-failed', step, cause: failure.message, log: failure.log });
        id = this.services.signal.aborted ? null : step.onFailure;
      }
    }
    return this.failure;
  }

  private get directory(): string {
    return this.store.run(this.run);
  }

  private step(id: string): Step {
    const step = this.plan.steps.find((candidate) => candidate.id === id);
    if (step === undefined) throw new Error(`the plan has no step ${id}`);
    return step;
  }

  private async reuseOrRun(step: Step): Promise<void> {
    const sources = Object.entries(step.inputs).map(([name, source]) => [name, this.locate(source)] as const);
    const digests = Object.fromEntries(sources.map(([name, { digest }]) => [name, digest]));
    const print = fingerprint(step, digests, this.code);
    const earlier = this.history.find(print);
    if (earlier !== undefined && this.stillHolds(step, earlier)) {
      this.finish(earlier);
      this.emit({ type: 'step-reused', step, from: earlier.reusedFrom ?? '', detail: earlier.result.detail });
      return;
    }
    const inputs = Object.fromEntries(sources.map(([name, { directory }]) => [name, directory]));
    this.emit({ type: 'step-started', step });
    const started = performance.now();
    const { result, outputs } = await this.runInDirectory(step, inputs, print);
    const seconds = Math.round(performance.now() - started) / 1000;
    this.finish({ step: step.id, fingerprint: print, outputs, result, seconds });
    this.emit({ type: 'step-finished', step, seconds, detail: result.detail });
  }

  /** Outputs appear in their place when the step has succeeded; what a failed one left stays beside it. */
  private async runInDirectory(step: Step, inputs: Readonly<Record<string, string>>, print: string) {
    const place = join(this.directory, step.stage, step.id);
    const partial = `${place}.partial`;
    const outputs = Object.fromEntries(step.outputs.map((name) => [name, join(partial, name)]));
    for (const directory of Object.values(outputs)) mkdirSync(directory, { recursive: true });
    try {
      const result = await runStep(step, this.contextOf(step, inputs, outputs, print));
      this.services.signal.throwIfAborted();
      if (step.outputs.length > 0) renameSync(partial, place);
      return { result, outputs: this.recordOutputs(step, place) };
    } catch (error) {
      if (step.outputs.length > 0) renameSync(partial, `${place}.failed`);
      throw error;
    }
  }

  private contextOf(
    step: Step,
    inputs: StepContext['inputs'],
    outputs: StepContext['outputs'],
    print: string,
  ): StepContext {
    return {
      ...this.services,
      definition: this.definition,
      store: this.store,
      inputs,
      outputs,
      checkpoints: join(this.store.root, 'checkpoints', print),
      log: join(this.directory, 'logs', `${step.id}.log`),
      onProgress: (message) => {
        this.emit({ type: 'step-progress', step, message });
      },
    };
  }

  private recordOutputs(step: Step, place: string): StepRecord['outputs'] {
    return Object.fromEntries(
      step.outputs.map((name) => {
        const directory = join(place, name);
        return [
          name,
          { directory: relative(this.store.root, directory), digest: digestDirectory(directory) },
        ];
      }),
    );
  }

  private finish(record: StepRecord): void {
    this.records.set(record.step, record);
    this.journal.add(record);
  }

  /** A release holds as long as its version is live; what a failure edge leads to is always done anew. */
  private stillHolds(step: Step, { result }: StepRecord): boolean {
    if (this.failure !== undefined) return false;
    return step.kind !== 'release' || this.store.liveVersion() === result.version;
  }

  private locate(source: ArtifactSource): { directory: string; digest: string } {
    switch (source.from) {
      case 'dataset':
        return { directory: this.dataset, digest: digestDirectory(this.dataset) };
      case 'store': {
        const directory = join(this.store.root, source.prefix);
        if (!existsSync(directory)) throw new StepError(`the store has no ${source.prefix}`);
        return { directory, digest: digestDirectory(directory) };
      }
      case 'step': {
        const output = this.recordOf(source.step).outputs[source.output];
        if (output === undefined) throw new Error(`step ${source.step} has no output ${source.output}`);
        return { ...output, directory: join(this.store.root, output.directory) };
      }
      case 'gate':
        return this.locate(this.selected(source.gate, source.name));
    }
  }

  private selected(gate: string, name: string): ArtifactSource {
    const step = this.step(gate);
    const selection = step.kind === 'gate' ? step.selects?.[name] : undefined;
    if (selection === undefined) throw new Error(`gate ${gate} does not select ${name}`);
    return this.recordOf(gate).result.accepted === true ? selection.accepted : selection.rejected;
  }

  private recordOf(step: string): StepRecord {
    const record = this.records.get(step);
    if (record === undefined) throw new Error(`step ${step} has not run`);
    return record;
  }
}

function toStepError(error: unknown): StepError {
  if (error instanceof StepError) return error;
  return new StepError(error instanceof Error ? error.message : String(error));
}
