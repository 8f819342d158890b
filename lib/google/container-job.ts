import { CloudRunV2Job } from '@cdktf/provider-google/lib/cloud-run-v2-job';
import { CloudRunV2JobIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-job-iam-member';
import { Construct } from 'constructs';
import { type Issue, issue, throwIssues } from '../issue';
import type { IArtifactStore } from './artifact-store';
import { type CloudRunResources, renderLimits } from './cloud-run-resources';
import { checkNetwork, type NetworkProps } from './network';
import { checkProject, type Project } from './project';
import { constructName, terraformStackOf } from './resource-name';
import type { StepAccount } from './step-account';

/** Cloud Run runs a task for seven days at most, one with a GPU for an hour. */
export const MAX_TASK_SECONDS = 604_800;
export const MAX_GPU_TASK_SECONDS = 3600;

const VOLUME = 'store';
const MAX_NAME = 49;

export interface ContainerJobProps {
  readonly project: Project;
  readonly store: IArtifactStore;
  readonly account: StepAccount;
  /** Reference of the image, pulled in the name of Cloud Run's service agent. */
  readonly image: string;
  /** Entry point; the arguments come with each run. @default - the image's own */
  readonly command?: readonly string[];
  /** @default {} */
  readonly environment?: Readonly<Record<string, string>>;
  readonly resources: CloudRunResources;
  readonly timeoutSeconds: number;
  /** @default - reaches the internet and Google's services */
  readonly network?: NetworkProps;
}

/** A job of Cloud Run that finds the artifact store as the directory `/gcs/<bucket>`. */
export class ContainerJob extends Construct {
  readonly job: CloudRunV2Job;
  /** `projects/<id>/locations/<region>/jobs/<name>`, literal. */
  readonly jobName: string;
  private readonly props: ContainerJobProps;

  constructor(scope: Construct, id: string, props: ContainerJobProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues(`container job "${this.node.path}"`, checkContainerJob(props));
    this.props = props;
    const { account, network, project, resources, store } = props;
    const name = constructName(this, MAX_NAME);
    this.jobName = `projects/${project.id}/locations/${project.region}/jobs/${name}`;
    this.job = new CloudRunV2Job(this, 'Job', {
      project: project.id,
      name,
      location: project.region,
      deletionProtection: false,
      template: {
        taskCount: 1,
        template: {
          serviceAccount: account.email,
          executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
          encryptionKey: store.keyName,
          // The workflow decides on trying again.
          maxRetries: 0,
          timeout: `${props.timeoutSeconds}s`,
          ...(resources.accelerator && {
            nodeSelector: { accelerator: resources.accelerator },
            gpuZonalRedundancyDisabled: true,
          }),
          ...(network && { vpcAccess: renderAccess(network) }),
          volumes: [{ name: VOLUME, gcs: { bucket: store.bucketName, readOnly: false } }],
          containers: [
            {
              image: props.image,
              ...(props.command && { command: [...props.command] }),
              resources: { limits: renderLimits(resources) },
              env: Object.entries(props.environment ?? {}).map(([key, value]) => ({ name: key, value })),
              volumeMounts: [{ name: VOLUME, mountPath: `/gcs/${store.bucketName}` }],
            },
          ],
        },
      },
      dependsOn: [account.account, ...store.dependencies],
    });
  }

  /** Allows running it with other arguments, and waiting for it. */
  grantRun(id: string, member: string): void {
    const { project } = this.props;
    new CloudRunV2JobIamMember(this, `Run${id}`, {
      project: project.id,
      location: project.region,
      name: this.job.name,
      role: 'roles/run.jobsExecutorWithOverrides',
      member,
    });
  }
}

/** What Cloud Run refuses of a job. */
export function checkContainerJob(
  props: Pick<ContainerJobProps, 'network' | 'project' | 'resources' | 'timeoutSeconds'>,
): Issue[] {
  const { network, project, resources, timeoutSeconds } = props;
  const issues = [...checkProject(project), ...checkNetwork(network)];
  const most = resources.accelerator ? MAX_GPU_TASK_SECONDS : MAX_TASK_SECONDS;
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > most) {
    const what = resources.accelerator ? 'a job with a GPU' : 'a job';
    const message = `is ${timeoutSeconds}; ${what} of Cloud Run takes 1 to ${most} s`;
    issues.push(issue('job-timeout', 'timeoutSeconds', message, 'Lower it, or use a TrainingJob.'));
  }
  return issues;
}

function renderAccess({ network, subnetwork }: NetworkProps): object {
  return { egress: 'ALL_TRAFFIC', networkInterfaces: [{ network, subnetwork }] };
}
