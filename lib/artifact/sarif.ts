import { basename } from 'node:path';
import type { Issue } from '../issue';
import type { CheckResult, VerificationReport } from './report';
import { SECURITY_RULES } from './rules';

export interface SarifOptions {
  /** Where the model is in the repository, with `/`. @default - the file name in the report */
  readonly uri?: string;
}

/** A report as SARIF 2.1.0 has it, the form that code-scanning pages read. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly [SarifRun];
}

export interface SarifRun {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly semanticVersion: string;
      readonly rules: readonly SarifRule[];
    };
  };
  readonly results: readonly SarifResult[];
  readonly invocations: readonly [
    { readonly executionSuccessful: true; readonly toolExecutionNotifications: readonly SarifNotification[] },
  ];
}

export interface SarifRule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly properties: { readonly tags: readonly string[]; readonly 'security-severity'?: string };
}

export interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: 'error';
  readonly message: { readonly text: string };
  readonly locations: readonly [
    {
      readonly physicalLocation: {
        readonly artifactLocation: { readonly uri: string };
        readonly region: { readonly startLine: 1 };
      };
    },
  ];
}

/** A check that was skipped, and why. */
export interface SarifNotification {
  readonly level: 'note';
  readonly message: { readonly text: string };
}

/** How code-scanning pages rank a finding that a file alone condemns: high. */
const SEVERITY = '8.0';

/** One result per finding, one rule per kind of finding; skipped checks are told as notes. */
export function toSarif(
  report: VerificationReport,
  { uri = report.model.file }: SarifOptions = {},
): SarifLog {
  const failed = report.checks.filter(({ verdict }) => verdict === 'failed');
  const rules = new Map<string, SarifRule>();
  for (const check of failed) {
    for (const { code } of check.findings) if (!rules.has(code)) rules.set(code, rule(code, check));
  }
  const ids = [...rules.keys()];
  const location = {
    physicalLocation: {
      artifactLocation: { uri: encodeURI(uri.replaceAll('\\', '/')) },
      region: { startLine: 1 as const },
    },
  };
  const results = failed.flatMap(({ findings }) =>
    findings.map((finding): SarifResult => ({
      ruleId: finding.code,
      ruleIndex: ids.indexOf(finding.code),
      level: 'error',
      message: { text: text(finding, report.model.file) },
      locations: [location],
    })),
  );
  const notes = report.checks
    .filter(({ verdict }) => verdict === 'skipped')
    .map(({ id, detail }) => ({ level: 'note' as const, message: { text: `${id}: ${detail}` } }));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'model-pipeline',
            semanticVersion: report.verifier.version,
            rules: [...rules.values()],
          },
        },
        results,
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notes }],
      },
    ],
  };
}

function rule(id: string, check: CheckResult): SarifRule {
  const security = Object.hasOwn(SECURITY_RULES, id) ? SECURITY_RULES[id] : undefined;
  return {
    id,
    shortDescription: { text: security?.finds ?? `Not so: ${check.title}` },
    properties: security
      ? { tags: ['security', check.id], 'security-severity': SEVERITY }
      : { tags: ['correctness', check.id] },
  };
}

/** The path is told where it is not that of the model, which the location names. */
function text({ path, message, fix }: Issue, model: string): string {
  const where = basename(path) === basename(model) ? '' : `${path}: `;
  return `${where}${message}. To mend it: ${fix}.`;
}
