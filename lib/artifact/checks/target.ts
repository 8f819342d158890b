import { resolveTarget, targetIssues, type ServingTarget } from '../budget/target-compatibility';
import { judged, type Check } from './check';

/**
 * A check that the release which will serve the model can run it.
 *
 * @throws IssueError when the target is no known release
 */
export function target(serving: ServingTarget): Check {
  const { name, support } = resolveTarget(serving);
  return {
    id: 'target',
    title: `${name} can run it`,
    after: ['model'],
    run: (subject) => {
      const limits = `opset up to ${support.opset}, IR version up to ${support.irVersion}`;
      return judged(targetIssues(subject.model(), serving), `${name} cannot run it`, limits);
    },
  };
}
