import { type Issue, issue } from '../../../issue';
import type { Rule } from './rule';

/** The newest that tf2onnx writes: github.com/onnx/tensorflow-onnx */
const TENSORFLOW_OPSET = 18;

/** What is there for PyTorch models alone. */
export const framework: Rule = ({ training, optimization, conversion }) => {
  if (training.framework === 'pytorch') return [];
  const issues: Issue[] = [];
  const fix = 'Remove it, or train with the framework "pytorch".';
  if (training.distribution !== undefined) {
    const message = 'distributes PyTorch models; a TensorFlow model trains in one process';
    issues.push(issue('framework-distribution', 'training.distribution', message, fix));
  }
  if (optimization?.prune !== undefined) {
    issues.push(issue('framework-prune', 'optimization.prune', 'prunes PyTorch models', fix));
  }
  const opset = conversion?.opset ?? TENSORFLOW_OPSET;
  if (opset > TENSORFLOW_OPSET) {
    const message = `is ${opset}; a TensorFlow model is exported with ${TENSORFLOW_OPSET} at most`;
    issues.push(issue('framework-opset', 'conversion.opset', message, `Give 13 to ${TENSORFLOW_OPSET}.`));
  }
  return issues;
};
