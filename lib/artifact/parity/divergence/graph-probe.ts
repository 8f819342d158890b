import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { IssueError } from '../../../issue';
import type { ModelProto } from '../../onnx/onnx_pb';
import { describeModel, readStructure } from '../../onnx/read-model';
import type { Tensor } from '../../tensor';
import type { ChildModel } from '../child-model';
import { openSession, type OptimizationLevel } from '../session/open-session';
import { runSamples } from '../run-samples';
import type { RunOptions } from '../runnable-model';
import { exposeTensors } from './expose-tensors';

type Tensors = Readonly<Record<string, Tensor>>;

/** An ONNX model, and how onnxruntime is to treat it. */
export interface ModelVariant {
  readonly file: string;
  /** Lets onnxruntime rewrite the graph before it is compared. @default "disabled": as the file has it */
  readonly optimization?: OptimizationLevel;
  /** Execution providers in order of preference. @default - the CPU */
  readonly providers?: readonly string[];
}

/** A model that tells any tensor of its main graph. */
export class GraphProbe {
  /**
   * @param directory to be made, for copies of the model
   * @throws IssueError when the model does not load or does not run
   */
  static async open(
    { file, optimization = 'disabled', providers }: ModelVariant,
    directory: string,
    feeds: Tensors,
    options: RunOptions,
  ): Promise<GraphProbe> {
    mkdirSync(directory);
    const optimizedFile = join(directory, 'optimized.onnx');
    const rewritten = optimization !== 'disabled';
    const settings = { optimization, providers, ...(rewritten && { optimizedFile }) };
    const session = await openSession(file, settings, options);
    try {
      await runSamples(session, [feeds]);
      return new GraphProbe(session, rewritten ? optimizedFile : file, directory, feeds, providers, options);
    } catch (error) {
      await session.stop();
      throw error;
    }
  }

  readonly model: ModelProto;
  private readonly external: readonly string[];
  private readonly outputs: ReadonlySet<string>;

  private constructor(
    private session: ChildModel,
    private readonly file: string,
    private readonly directory: string,
    private readonly feeds: Tensors,
    private readonly providers: readonly string[] | undefined,
    private readonly options: RunOptions,
  ) {
    const structure = readStructure(file);
    this.model = structure.model;
    this.external = describeModel(structure).externalData.map(({ location }) => location);
    this.outputs = new Set(structure.model.graph?.output.map(({ name }) => name));
  }

  /** The tensors of these names; one that the runtime's Node binding does not carry is left out. */
  async read(names: readonly string[]): Promise<Tensors> {
    try {
      return await this.expose(names);
    } catch (error) {
      if (!(error instanceof IssueError)) throw error;
      if (names.length === 1) return {};
      const half = names.length >> 1;
      return { ...(await this.read(names.slice(0, half))), ...(await this.read(names.slice(half))) };
    }
  }

  private async expose(names: readonly string[]): Promise<Tensors> {
    const directory = mkdtempSync(join(this.directory, 'exposed-'));
    const file = join(directory, 'model.onnx');
    const hidden = names.filter((name) => !this.outputs.has(name));
    exposeTensors(this.file, this.external, hidden, file);
    const settings = { optimization: 'disabled', providers: this.providers } as const;
    try {
      if (this.session.gone) this.session = await openSession(file, settings, this.options);
      else await this.session.load(file, settings);
      const [tensors = {}] = await runSamples(this.session, [this.feeds]);
      return tensors;
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  /** Ends the process. */
  stop(): Promise<void> {
    return this.session.stop();
  }
}
