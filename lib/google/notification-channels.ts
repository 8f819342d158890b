import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel';
import { Construct } from 'constructs';
import { issue, throwIssues } from '../issue';
import type { Project } from './project';
import { terraformStackOf } from './resource-name';

export interface NotificationChannelsProps {
  readonly project: Project;
  /** Mail addresses. */
  readonly recipients: readonly string[];
}

/** People that alerts tell by mail: a channel of Cloud Monitoring each. */
export class NotificationChannels extends Construct {
  readonly channels: readonly MonitoringNotificationChannel[];

  constructor(scope: Construct, id: string, { project, recipients }: NotificationChannelsProps) {
    super(scope, id);
    terraformStackOf(this);
    const addresses = [...new Set(recipients)];
    throwIssues(
      `notification channels "${this.node.path}"`,
      addresses
        .filter((address) => !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address))
        .map((address) =>
          issue(
            'mail-address',
            'recipients',
            `has "${address}"`,
            'Give a mail address like team@example.com.',
          ),
        ),
    );
    this.channels = addresses.map(
      (address) =>
        new MonitoringNotificationChannel(this, address, {
          project: project.id,
          displayName: address,
          type: 'email',
          labels: { email_address: address },
        }),
    );
  }

  /** As policies name them. */
  get names(): string[] {
    return this.channels.map(({ id }) => id);
  }
}
