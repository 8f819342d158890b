import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLanguageModel, VerifiedLanguageModel } from '../../lib/artifact';
import { temporaryDirectory } from './support';

/** Verifies a language model. @returns the file with the report */
export async function reportOf(directory: string): Promise<string> {
  const file = join(temporaryDirectory(), 'report.json');
  writeFileSync(file, JSON.stringify(await verifyLanguageModel(directory)));
  return file;
}

export async function verifiedFiles(directory: string): Promise<VerifiedLanguageModel> {
  return VerifiedLanguageModel.fromFiles(directory, await reportOf(directory));
}
