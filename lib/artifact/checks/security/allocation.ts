import { elementBytes } from '../../onnx/element-types';
import { nodeName } from '../../onnx/scopes';
import { inferShapes } from '../../onnx/shapes/infer';
import { elementsOf } from '../../onnx/shapes/value';
import type { Rule } from './rule';

/** Bytes one value may take whatever the input: a model's own constants decide about them. */
const MAX_BYTES = 1 << 30;

/** No node makes a value of a size that exhausts memory. */
export const allocation: Rule = ({ file, model }) =>
  inferShapes(model).flatMap(({ node, scope, outputs }) => {
    const [most = 0] = outputs
      .map((value) => elementBytes(value.type, elementsOf(value) ?? 0))
      .sort((a, b) => b - a);
    if (!(most > MAX_BYTES)) return [];
    const message = `${scope.path}: ${nodeName(node)} makes a value of ${most} bytes, whatever the input; allowed are ${MAX_BYTES}`;
    return [{ code: 'allocation', path: file, message, fix: 'correct the constant that tells its size' }];
  });
