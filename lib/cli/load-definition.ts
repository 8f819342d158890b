import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createJiti } from 'jiti';
import { type Issue, issue, IssueError } from '../issue';
import { definePipeline, type PipelineDefinition } from '../pipeline';

const FILE_NAMES = [
  'pipeline.ts',
  'pipeline.mts',
  'pipeline.cts',
  'pipeline.js',
  'pipeline.mjs',
  'pipeline.cjs',
];

/**
 * Loads the one definition that a file exports.
 *
 * @param path the file, or a directory with a `pipeline.ts` (or `.js`)
 * @throws IssueError when there is no file, it cannot be loaded, or it exports no definition or several
 */
export async function loadDefinition(path: string): Promise<PipelineDefinition> {
  const file = findFile(path);
  const definitions = [...new Set(Object.values(await load(file)).filter(isDefinition))];
  const [definition, another] = definitions;
  if (definition === undefined) {
    throw refusal(
      issue('no-definition', file, 'exports no definition', 'Export what definePipeline({ … }) returns.'),
    );
  }
  if (another !== undefined) {
    const names = definitions.map(({ name }) => name).join(', ');
    throw refusal(
      issue('many-definitions', file, `exports ${names}`, 'Give each definition a file of its own.'),
    );
  }
  return definePipeline(definition);
}

function findFile(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute) && statSync(absolute).isFile()) return absolute;
  const file = FILE_NAMES.map((name) => join(absolute, name)).find((candidate) => existsSync(candidate));
  if (file !== undefined) return file;
  throw refusal(
    issue(
      'no-definition',
      path,
      'is no file, and no directory with a pipeline.ts',
      'Name the file that defines the pipeline.',
    ),
  );
}

async function load(file: string): Promise<Record<string, unknown>> {
  // The user's file gets this very library, wherever it stands, so that both speak of one IssueError.
  const jiti = createJiti(__filename, {
    alias: { 'cdk-model-pipeline': join(__dirname, '..', 'index') },
    fsCache: false,
  });
  try {
    return await jiti.import<Record<string, unknown>>(file);
  } catch (error) {
    if (error instanceof IssueError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw refusal(issue('definition-load', file, `cannot be loaded: ${message}`, 'Mend the file.'));
  }
}

function isDefinition(value: unknown): value is PipelineDefinition {
  return typeof value === 'object' && value !== null && 'training' in value && 'deployment' in value;
}

function refusal(found: Issue): IssueError {
  return new IssueError('definition', [found]);
}
