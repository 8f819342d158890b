import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import type { Construct } from 'constructs';
import type { NotificationChannels } from './notification-channels';
import type { Project } from './project';
import { escapeTemplates } from './escape-templates';

export interface LogAlertSettings {
  readonly project: Project;
  readonly title: string;
  /** Entries of the log that it tells of. */
  readonly filter: string;
  /** What the mail takes from an entry: `EXTRACT(jsonPayload.run)`. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
  /** Markdown; `${log.extracted_label.run}` stands for a label. */
  readonly text: string;
  readonly severity: 'WARNING' | 'CRITICAL';
  readonly channels: NotificationChannels;
}

/** At most one mail in five minutes, the shortest time that Google takes. */
const RATE_LIMIT = '300s';

/** A policy that tells people of entries of the log, as they are written. */
export function createLogAlert(
  scope: Construct,
  id: string,
  settings: LogAlertSettings,
): MonitoringAlertPolicy {
  const { channels, filter, labels, project, severity, text, title } = settings;
  return new MonitoringAlertPolicy(scope, id, {
    project: project.id,
    displayName: title,
    combiner: 'OR',
    severity,
    conditions: [
      {
        displayName: title,
        conditionMatchedLog: { filter, ...(labels && { labelExtractors: { ...labels } }) },
      },
    ],
    notificationChannels: channels.names,
    alertStrategy: { notificationRateLimit: { period: RATE_LIMIT }, autoClose: '1800s' },
    documentation: { mimeType: 'text/markdown', subject: title, content: escapeTemplates(text) },
  });
}

/** Entries of one kind that a workflow writes. */
export function entriesOf(workflow: string, pipeline: string, event: string): string {
  return [
    'resource.type="workflows.googleapis.com/Workflow"',
    `resource.labels.workflow_id="${workflow}"`,
    `jsonPayload.event="${event}"`,
    `jsonPayload.pipeline="${pipeline}"`,
  ].join(' AND ');
}

/** Labels of the same names as the fields. */
export function extract(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `EXTRACT(jsonPayload.${name})`]));
}
