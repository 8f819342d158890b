import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const CFN_LINT = join(__dirname, '..', '..', '.venv', 'bin', 'cfn-lint');

interface Finding {
  readonly Filename: string;
  readonly Level: string;
  readonly Message: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

/** The templates that an app has written. */
export function templatesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => join(directory, name));
}

/**
 * What cfn-lint finds an error in templates: `E3012 at Resources/Bucket/Properties: …`.
 *
 * @param regions whose services and instance types the templates are held against
 */
export function lint(templates: readonly string[], regions: readonly string[] = ['eu-west-1']): string[] {
  if (!existsSync(CFN_LINT)) throw new Error(`${CFN_LINT} is missing: run \`node scripts/setup.mjs\``);
  const options = ['--format', 'json', '--non-zero-exit-code', 'none', '--ignore-checks', 'W', 'I'];
  const output = execFileSync(CFN_LINT, [...options, '--regions', ...regions, '--template', ...templates], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const findings = JSON.parse(output === '' ? '[]' : output) as Finding[];
  return findings.map(
    ({ Rule, Location, Message }) => `${Rule.Id} at ${(Location.Path ?? []).join('/')}: ${Message}`,
  );
}
