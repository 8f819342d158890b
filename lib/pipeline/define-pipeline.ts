import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Issue, issue, throwIssues } from '../issue';
import { isLanguageModel, type PipelineDefinition } from './definition';
import { validateDefinition } from './validation';

/**
 * Checks a definition and returns it.
 *
 * @throws IssueError with every problem at once: fields, types, ranges, contradictions, missing files
 */
export function definePipeline(definition: PipelineDefinition): PipelineDefinition {
  const issues = validateDefinition(definition);
  const subject = `definition ${JSON.stringify((definition as Partial<PipelineDefinition> | undefined)?.name ?? '')}`;
  throwIssues(subject, issues.length > 0 ? issues : checkFiles(definition));
  return definition;
}

function checkFiles({ signature, source, training, optimization }: PipelineDefinition): Issue[] {
  if (!existsSync(source)) {
    const fix = 'Name the directory of preprocess.py and train.py; __dirname where the definition is in it.';
    return [issue('missing-file', 'source', `names ${source}, which is not there`, fix)];
  }
  const entries = {
    'training.preprocess.entry': training.preprocess?.entry ?? 'preprocess.py',
    'training.train.entry': training.train.entry ?? 'train.py',
    'training.evaluate.entry': isLanguageModel(signature)
      ? (training.evaluate.entry ?? 'evaluate.py')
      : undefined,
    'optimization.distill.entry': optimization?.distill?.entry,
  };
  return Object.entries(entries)
    .filter(([, entry]) => entry !== undefined && !existsSync(join(source, entry)))
    .map(([path, entry]) => ({
      code: 'missing-file',
      path,
      message: `names ${entry}, which is not in ${source}`,
      fix: 'Add the file, or name the one that is there.',
    }));
}
