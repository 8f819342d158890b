import { IssueError, type Issue } from '../../issue';
import type { ModelInfo } from '../onnx/model-info';
import { ONNXRUNTIME, TRITON, type RuntimeSupport } from './serving-runtimes';

/** What will serve a model: a release of onnxruntime (`1.24`, `1.24.4`) or of NVIDIA Triton (`25.09`). */
export type ServingTarget = { readonly onnxruntime: string } | { readonly triton: string };

/** Element types of inputs and outputs that Triton's protocol has. */
const TRITON_DTYPES = [
  ...['bool', 'uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64'],
  ...['float16', 'float32', 'float64', 'bfloat16', 'string'],
];

/** Domains whose operators every official build has. */
const DOMAINS = ['ai.onnx', 'ai.onnx.ml', 'com.microsoft'];

/**
 * Why a model would not run where it is to be served: IR version, operator sets, domains of operators,
 * and element types of its inputs and outputs.
 *
 * @throws IssueError when the target is no known release
 */
export function targetIssues(model: ModelInfo, target: ServingTarget): Issue[] {
  const { name, support } = resolveTarget(target);
  const own = new Set(model.functions);
  const foreign = model.operators.filter(
    (operator) => !DOMAINS.includes(operator.domain) && !own.has(`${operator.domain}::${operator.name}`),
  );
  const values = [...sides('input', model.inputs), ...sides('output', model.outputs)];
  const uncarried = values.filter(([, dtype]) => !TRITON_DTYPES.includes(dtype));
  const opset = model.opsets['ai.onnx'] ?? 0;
  const mlOpset = uses(model, 'ai.onnx.ml') ? (model.opsets['ai.onnx.ml'] ?? 0) : 0;
  const messages = [
    ...beyond('IR version', model.irVersion, support.irVersion),
    ...beyond('opset', opset, support.opset),
    ...beyond('opset of ai.onnx.ml', mlOpset, support.mlOpset),
    ...foreign.map(
      ({ domain, name: operator }) => `uses ${operator} of domain "${domain}", which it does not have`,
    ),
    ...('triton' in target ? uncarried : []).map(
      ([what, dtype]) => `has the ${what} of type ${dtype}, which it cannot exchange`,
    ),
  ];
  const fix = `export the model with opset ${support.opset} or lower, or serve it with a newer release`;
  return messages.map((message) => ({
    code: 'target',
    path: model.file,
    message: `${message} (${name})`,
    fix,
  }));
}

interface ResolvedTarget {
  /** `"onnxruntime 1.23 in Triton 25.09"`. */
  readonly name: string;
  readonly support: RuntimeSupport;
}

/** @throws IssueError when the target is no known release */
export function resolveTarget(target: ServingTarget): ResolvedTarget {
  const release = 'triton' in target ? TRITON[target.triton] : minor(target.onnxruntime);
  const support = release === undefined ? undefined : ONNXRUNTIME[release];
  if (release !== undefined && support) {
    const place = 'triton' in target ? ` in Triton ${target.triton}` : '';
    return { name: `onnxruntime ${release}${place}`, support };
  }
  const [path, got, known] =
    'triton' in target
      ? ['triton', target.triton, Object.keys(TRITON)]
      : ['onnxruntime', target.onnxruntime, Object.keys(ONNXRUNTIME)];
  const message = `got ${JSON.stringify(got)}, known are ${known[0] ?? ''} to ${known.at(-1) ?? ''}`;
  throw new IssueError('target', [
    { code: 'target-unknown', path, message, fix: 'name a release that is known' },
  ]);
}

function minor(version: string): string | undefined {
  return /^\d+\.\d+/.exec(version)?.[0];
}

function beyond(what: string, version: number, max: number): string[] {
  return version > max ? [`has ${what} ${version}, the runtime takes up to ${max}`] : [];
}

function uses({ operators }: ModelInfo, domain: string): boolean {
  return operators.some((operator) => operator.domain === domain);
}

function sides(side: string, values: ModelInfo['inputs']): (readonly [string, string])[] {
  return Object.entries(values).map(([name, { dtype }]) => [`${side} "${name}"`, dtype] as const);
}
