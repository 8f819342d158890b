import type { State } from '../../lib/aws/asl';
import { actionOf } from '../../lib/aws/rehearsal/interpreter';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { synthPipeline } from '../aws/synth';
import { followersIn, reachable, type Rendering } from './rendering';

const TOUCHES = /:(create(Model|ModelPackage|EndpointConfig|Endpoint)|update(Endpoint|ModelPackage)\w*)$/;

/** The state machine that is synthesised. */
export function renderAws(definition: PipelineDefinition): Promise<Rendering> {
  const { States, StartAt } = synthPipeline({ definition }).machine;
  const plan = compile(definition);
  const graph = new Map(Object.entries(States).map(([name, state]) => [name, edgesOf(state)]));
  return Promise.resolve({
    // Helper states are named `<step>: <what>`.
    steps: Object.keys(States).filter((name) => !name.includes(': ') && name !== 'Failed'),
    followers: (step) => followersIn(graph, plan, step, (id) => id),
    touchedWithout: (step) =>
      [...reachable(graph, StartAt, step)].filter((name) => TOUCHES.test(actionOf(States[name]?.Resource))),
  });
}

function edgesOf(state: State): string[] {
  const {
    Catch = [],
    Choices = [],
    Default,
    Next,
  } = state as State & {
    readonly Catch?: readonly { readonly Next: string }[];
    readonly Choices?: readonly { readonly Next: string }[];
    readonly Default?: string;
    readonly Next?: string;
  };
  const edges = [Next, Default, ...Catch.map((edge) => edge.Next), ...Choices.map((choice) => choice.Next)];
  return edges.filter((name) => name !== undefined);
}
