import { copyFileSync, cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Signer, versionId } from '../artifact';
import { LanguageModel } from '../artifact/language-model/language-model';
import { parsePrompts, PROMPTS_FILE } from '../artifact/language-model/prompts';
import { configIssues, parseLanguageModelSignature, sizeIssues } from '../artifact/language-model/signature';
import { inVersion } from '../artifact/language-model/verified-language-model';
import { digestDirectory, LANGUAGE_MODEL_DIRECTORY } from '../artifact/manifest';
import { modelBom } from '../artifact/provenance/ml-bom';
import { readReport, reportIssues } from '../artifact/read-report';
import { throwIssues } from '../issue';
import type { Metrics, ProgramRequest } from './contract';
import { readMetrics } from './metrics';
import { sealVersion } from './seal-version';
import { inputOf, outputOf, parameterOf, writeJson } from './support';

/**
 * Makes a version of a verified language model: its files byte for byte in `model/`, beside them what was
 * declared, verified and measured, what a release is tried with, and the manifest last.
 *
 * @throws IssueError when the report did not pass, or vouches for other files than these
 */
export async function registerLanguageModel(
  request: ProgramRequest,
  pipeline: string,
  signer: Signer | undefined,
): Promise<Metrics> {
  const signature = parseLanguageModelSignature(parameterOf(request, 'signature'), 'parameters.signature');
  const prompts = parsePrompts(
    {
      schemaVersion: 1,
      prompts: parameterOf(request, 'prompts'),
      promptTokens: parameterOf(request, 'promptTokens'),
    },
    'parameters',
  );
  const reportFile = join(inputOf(request, 'report'), 'verification.json');
  const report = readReport(reportFile);
  const target = outputOf(request, 'version');
  const directory = join(target, LANGUAGE_MODEL_DIRECTORY);
  const source = inputOf(request, 'model');
  // Nothing hidden: what tools leave behind was not verified.
  cpSync(source, directory, {
    recursive: true,
    filter: (path) => path === source || !basename(path).startsWith('.'),
  });
  // What is read and compared is the copy, which is what gets served.
  const model = LanguageModel.fromDirectory(directory);
  throwIssues(`version of ${pipeline}`, [
    ...reportIssues(report, { file: reportFile, directory: source, files: model.files }),
    ...configIssues(model.config, signature, join(source, 'config.json')),
    ...sizeIssues(model.weights, signature, source),
  ]);

  writeJson(join(target, 'signature.json'), signature);
  writeJson(join(target, PROMPTS_FILE), prompts);
  copyFileSync(reportFile, join(target, 'verification.json'));
  copyFileSync(join(inputOf(request, 'evaluation'), 'metrics.json'), join(target, 'metrics.json'));
  const known = inVersion(model.files);
  const described = digestDirectory(target, known);
  const version = versionId(described);
  const metrics = readMetrics(target);
  writeJson(
    join(target, 'bom.json'),
    modelBom({ pipeline, version, files: described, signature, report, metrics }),
  );
  const files = digestDirectory(target, known);
  await sealVersion(target, { pipeline, version, runtime: 'vllm', modelDigest: model.digest }, files, signer);
  return {
    model_bytes: model.bytes,
    parameters: model.weights.parameters,
    files: Object.keys(files).length + 1,
  };
}
