import type { Issue } from '../../../issue';
import type { ModelStructure } from '../../onnx/model-structure';
import { count, judged, type Check } from '../check';

/** What must hold of a model's file, judged from its structure alone. */
export type Rule = (model: ModelStructure) => Issue[];

/** Findings of one rule about one model that are told; a broken file has them by the thousand. */
const TOLD = 20;

/** A check that reads files only; a model that fails it is never executed. */
export function staticCheck(
  { id, title, after = ['model'] }: Pick<Check, 'id' | 'title'> & Partial<Pick<Check, 'after'>>,
  rules: readonly Rule[],
  success: (model: ModelStructure) => string,
): Check {
  return {
    id,
    title,
    after,
    blocksExecution: true,
    run: (subject) => {
      const model = subject.structure();
      const findings = rules.flatMap((rule) => rule(model).slice(0, TOLD));
      return judged(findings, count(findings.length, 'problem'), success(model));
    },
  };
}
