import {
  CloudRunV2Service,
  type CloudRunV2ServiceTemplate,
  type CloudRunV2ServiceTraffic,
} from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import { Construct } from 'constructs';
import type { VerifiedArtifact } from '../artifact/verified-artifact';
import { ACCELERATORS, memoryNeeded } from '../hardware';
import { type Issue, issue, throwIssues } from '../issue';
import { contentHash, shortName } from '../names';
import type { MachineRequest, Performance, Replicas, Resources } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { type CloudRunResources, cloudRunResources, renderLimits } from './cloud-run-resources';
import { checkAlarms, EndpointAlarms } from './endpoint-alarms';
import type { CloudRunReference } from './endpoint-metrics';
import type { AlarmActions } from './leveled-alarms';
import { checkNetwork, type NetworkProps } from './network';
import { checkProject, type Project, serviceAgent } from './project';
import { constructName, terraformStackOf } from './resource-name';
import { artifactLabels, checkArtifact, ServedArtifact } from './served-artifact';
import type { ServingContainer } from './serving-container';
import type { ServingRuntime } from './serving-runtime';
import { StepAccount } from './step-account';

/** Instances with a GPU that a project has without asking for more; old revisions count as well. */
const MAX_GPU_INSTANCES = 3;

/** A container must answer within four minutes: 24 looks, ten seconds apart. */
const PROBE = { periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 24 };

const REQUEST_TIMEOUT_SECONDS = 60;
const VOLUME = 'store';

export interface CloudRunEndpointProps {
  readonly project: Project;
  /** Takes the version's files, and is mounted read-only. */
  readonly store: IArtifactStore;
  readonly artifact: VerifiedArtifact;
  readonly runtime: ServingRuntime;
  /** What one instance needs: a CPU machine, or one L4. @default - one CPU machine with 8 GiB of memory */
  readonly machine?: MachineRequest;
  /** At most 49 of a–z, 0–9 and `-`. @default - a name made from the construct's path */
  readonly serviceName?: string;
  /**
   * `concurrentRequests` is what one instance works on at the same time; Cloud Run adds instances by itself.
   * @default - from no instance to 3, with 8 requests on each
   */
  readonly replicas?: Replicas;
  /** Where requests may come from; they need permission in any case. @default "internal" */
  readonly ingress?: 'internal' | 'internal-and-load-balancer' | 'all';
  /** Share of the traffic that an older revision keeps for now. @default - all goes to this one */
  readonly keep?: { readonly revision: string; readonly percent: number };
  readonly performance: Performance;
  /** @default - no alarms on resources */
  readonly resources?: Resources;
  /** @default - alarms go off, and nobody hears of them */
  readonly actions?: AlarmActions;
  /** @default - reaches the internet and Google's services */
  readonly network?: NetworkProps;
  /** Whether Terraform refuses to delete the service. @default true */
  readonly deletionProtection?: boolean;
}

/**
 * An endpoint that the template owns, on Cloud Run: it serves one verified version, from no instance at all
 * while nobody asks. The revision is named after its content, the model's digest among it, so that another
 * model shows in the plan and an old revision can be gone back to.
 *
 * ```ts
 * new CloudRunEndpoint(stack, 'Endpoint', {
 *   project,
 *   store,
 *   artifact: VerifiedArtifact.fromDirectory('models/3f2a90b1c4de'),
 *   runtime: ServingRuntime.onnx(image),
 *   performance: { latencyP99Ms: { critical: 250 }, errorPercent: { critical: 1 } },
 * });
 * ```
 */
export class CloudRunEndpoint extends Construct {
  /** Literal. */
  readonly serviceName: string;
  /** Literal; made from the content. */
  readonly revision: string;
  /** The containers act as it. */
  readonly account: StepAccount;
  readonly alarms: EndpointAlarms;
  readonly reference: CloudRunReference;
  readonly service: CloudRunV2Service;
  private readonly props: CloudRunEndpointProps;

  constructor(scope: Construct, id: string, props: CloudRunEndpointProps) {
    super(scope, id);
    terraformStackOf(this);
    this.props = props;
    const { artifact, project, runtime, store } = props;
    this.serviceName = props.serviceName ?? constructName(this, 49);
    const resources = cloudRunResources(props.machine ?? {});
    const gpu = resources?.accelerator !== undefined;
    this.reference = {
      kind: 'cloud-run',
      projectId: project.id,
      region: project.region,
      serviceName: this.serviceName,
      gpu,
    };
    throwIssues(`endpoint "${this.node.path}"`, [...checkArtifact(artifact), ...this.check(resources)]);
    this.account = new StepAccount(this, 'Account', { project, purpose: `Serves ${artifact.pipeline}` });
    const image = runtime.bindImage(this, [serviceAgent(project, 'run')]);
    const served = new ServedArtifact(this, 'Artifact', { artifact, store });
    store.grantRead(this.node.path, this.account.member, [served.prefix]);
    const container = runtime.render(store.mountPath(served.prefix), artifact);
    const template = this.renderTemplate(image, container, resources ?? { cpu: 0, memoryGiB: 0 });
    this.revision = `${shortName(this.serviceName, 54)}-${contentHash(template)}`;
    this.service = this.createService({ ...template, revision: this.revision }, served);
    this.alarms = new EndpointAlarms(this, 'Alarms', {
      project,
      endpoint: this.reference,
      ...props.performance,
      ...props.resources,
      actions: props.actions,
    });
  }

  /** Allows sending requests. */
  grantInvoke(id: string, member: string): void {
    const { project } = this.props;
    new CloudRunV2ServiceIamMember(this, `Invoke${id}`, {
      project: project.id,
      location: project.region,
      name: this.service.name,
      role: 'roles/run.invoker',
      member,
    });
  }

  private check(resources: CloudRunResources | undefined): Issue[] {
    const { artifact, keep, machine = {}, network, performance, project, runtime } = this.props;
    const gpus = resources?.accelerator === undefined ? 0 : 1;
    return [
      ...checkProject(project),
      ...checkNetwork(network),
      ...checkServiceName(this.serviceName),
      ...(resources ? checkFits(artifact.bytes, resources) : [tooBig(machine)]),
      ...runtime.check(gpus, 'runtime'),
      ...checkInstances(this.props.replicas, gpus),
      ...checkKeep(keep),
      ...checkAlarms(this.reference, { ...performance, ...this.props.resources }, 'performance'),
    ];
  }

  private renderTemplate(
    image: string,
    container: ServingContainer,
    resources: CloudRunResources,
  ): CloudRunV2ServiceTemplate {
    const { artifact, network, replicas = {}, store } = this.props;
    const {
      concurrentRequests = 8,
      max = Math.max(replicas.min ?? 0, MAX_GPU_INSTANCES),
      min = 0,
    } = replicas;
    return {
      labels: artifactLabels(artifact),
      serviceAccount: this.account.email,
      executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
      encryptionKey: store.keyName,
      timeout: `${REQUEST_TIMEOUT_SECONDS}s`,
      maxInstanceRequestConcurrency: concurrentRequests,
      scaling: { minInstanceCount: min, maxInstanceCount: max },
      ...(resources.accelerator && {
        nodeSelector: { accelerator: resources.accelerator },
        gpuZonalRedundancyDisabled: true,
      }),
      ...(network && {
        vpcAccess: {
          egress: 'ALL_TRAFFIC',
          networkInterfaces: [{ network: network.network, subnetwork: network.subnetwork }],
        },
      }),
      volumes: [{ name: VOLUME, gcs: { bucket: store.bucketName, readOnly: true } }],
      containers: [
        {
          image,
          ...(container.command && { command: [...container.command] }),
          ...(container.args && { args: [...container.args] }),
          env: Object.entries(container.environment).map(([name, value]) => ({ name, value })),
          ports: { containerPort: container.port },
          resources: {
            limits: renderLimits(resources),
            // The CPU of an instance with a GPU is there between requests, too.
            cpuIdle: resources.accelerator === undefined,
            startupCpuBoost: true,
          },
          startupProbe: { ...PROBE, httpGet: { path: container.healthRoute, port: container.port } },
          livenessProbe: { ...PROBE, httpGet: { path: container.healthRoute, port: container.port } },
          volumeMounts: [{ name: VOLUME, mountPath: `/gcs/${store.bucketName}` }],
        },
      ],
    };
  }

  private createService(template: CloudRunV2ServiceTemplate, served: ServedArtifact): CloudRunV2Service {
    const { artifact, deletionProtection = true, ingress = 'internal', keep, project, store } = this.props;
    return new CloudRunV2Service(this, 'Service', {
      project: project.id,
      name: this.serviceName,
      location: project.region,
      deletionProtection,
      ingress: INGRESS[ingress],
      labels: artifactLabels(artifact),
      template,
      traffic: renderTraffic(this.revision, keep),
      dependsOn: [this.account.account, ...served.objects, ...store.dependencies],
    });
  }
}

const INGRESS = {
  internal: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
  'internal-and-load-balancer': 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
  all: 'INGRESS_TRAFFIC_ALL',
} as const;

function renderTraffic(revision: string, keep: CloudRunEndpointProps['keep']): CloudRunV2ServiceTraffic[] {
  const type = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
  return [
    { type, revision, percent: 100 - (keep?.percent ?? 0) },
    ...(keep ? [{ type, revision: keep.revision, percent: keep.percent }] : []),
  ];
}

function checkServiceName(serviceName: string): Issue[] {
  if (/^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/.test(serviceName)) return [];
  const fix = 'Choose at most 49 of a–z, 0–9 and -, beginning with a letter.';
  return [issue('service-name', 'serviceName', `is "${serviceName}"`, fix)];
}

function checkFits(modelBytes: number, { accelerator, memoryGiB }: CloudRunResources): Issue[] {
  const kind = accelerator === undefined ? 'cpu' : 'l4';
  const available = kind === 'cpu' ? memoryGiB : ACCELERATORS.l4.memoryGiB;
  const needed = memoryNeeded(modelBytes, kind);
  if (needed <= available) return [];
  const message = `serving the model takes about ${needed.toFixed(1)} GiB of memory; an instance has ${available} GiB`;
  return [issue('model-does-not-fit', 'machine', message, 'Ask for more memory, or take ModelEndpoint.')];
}

function tooBig({ accelerator = 'cpu', accelerators = 1, memoryGiB = 8 }: MachineRequest): Issue {
  const asked = accelerator === 'cpu' ? '' : `${accelerators} × ${accelerator} and `;
  return issue(
    'machine-not-on-cloud-run',
    'machine',
    `asks for ${asked}${memoryGiB} GiB; an instance of Cloud Run has at most 32 GiB and one l4`,
    'Ask for less, or take ModelEndpoint.',
  );
}

function checkInstances(replicas: Replicas = {}, gpus: number): Issue[] {
  const { min = 0, max = Math.max(min, MAX_GPU_INSTANCES) } = replicas;
  const others = (['requestsPerMinute', 'gpuPercent', 'backlog'] as const).filter(
    (name) => replicas[name] !== undefined,
  );
  return [
    ...(max < min || max < 1
      ? [
          issue(
            'replicas-range',
            'replicas',
            `has max ${max}, min ${min}`,
            'Choose a max of 1 or more, at least min.',
          ),
        ]
      : []),
    ...(gpus > 0 && max > MAX_GPU_INSTANCES
      ? [
          issue(
            'gpu-instances',
            'replicas.max',
            `is ${max}; a project has ${MAX_GPU_INSTANCES} instances with a GPU`,
            `Choose at most ${MAX_GPU_INSTANCES}.`,
          ),
        ]
      : []),
    ...others.map((name) =>
      issue(
        'replicas-target',
        `replicas.${name}`,
        'is not a target of Cloud Run',
        'Give concurrentRequests, or leave it out.',
      ),
    ),
  ];
}

function checkKeep(keep: CloudRunEndpointProps['keep']): Issue[] {
  if (!keep || (Number.isInteger(keep.percent) && keep.percent > 0 && keep.percent < 100)) return [];
  return [issue('keep-percent', 'keep.percent', `is ${keep.percent}`, 'Choose a whole number from 1 to 99.')];
}
