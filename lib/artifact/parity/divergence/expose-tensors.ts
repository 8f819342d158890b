import { create, toBinary } from '@bufbuild/protobuf';
import { appendFileSync, copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { GraphProtoSchema, ModelProtoSchema, ValueInfoProtoSchema } from '../../onnx/onnx_pb';

/**
 * Writes a copy of an ONNX file whose graph has further outputs. The file is copied as it is and not
 * decoded: a protocol buffer that is appended to another is merged into it, lists one after the other.
 *
 * @param external files beside the model that hold its weights
 * @param target in a directory of its own
 */
export function exposeTensors(
  source: string,
  external: readonly string[],
  tensors: readonly string[],
  target: string,
): void {
  const output = tensors.map((name) => create(ValueInfoProtoSchema, { name }));
  const addition = create(ModelProtoSchema, { graph: create(GraphProtoSchema, { output }) });
  copyFileSync(source, target);
  appendFileSync(target, toBinary(ModelProtoSchema, addition));
  for (const location of external) placeBeside(source, location, target);
}

/** A second name for the same bytes where the file system lets it, else a copy. */
function placeBeside(source: string, location: string, target: string): void {
  const inside = normalize(location);
  if (inside.startsWith('..') || inside.startsWith(sep)) return;
  const [from, to] = [join(dirname(source), inside), join(dirname(target), inside)];
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
