import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member';
import { Construct } from 'constructs';
import { type Issue, issue } from '../issue';
import { contentHash } from '../names';
import { type MachineRequest, type PipelineDefinition, servingRuntime } from '../pipeline';
import { type CloudRunResources, cloudRunResources, renderLimits } from './cloud-run-resources';
import { EndpointAlarms } from './endpoint-alarms';
import type { CloudRunReference } from './endpoint-metrics';
import {
  releaseLimits,
  type ReleasedEndpointProps,
  renderRegister,
  samplesOf,
  servedDirectory,
} from './released-endpoint';
import { constructName } from './resource-name';
import type { ServingContainer } from './serving-container';
import type { ServingRuntime } from './serving-runtime';
import { SmokeTest } from './smoke-test';
import { serviceAgent } from './project';
import { StepAccount } from './step-account';
import { CANDIDATE, cloudRunTarget } from './workflow/cloud-run-service';
import { literal, value } from './workflow/expression';
import { pathOfVersion, REGISTERED_TEXTS, type RegisterSettings } from './workflow/register-states';
import type { ReleaseSettings } from './workflow/release-settings';

/** With the prefix of a candidate and the project's number, a host name has 63 characters at most. */
const MAX_NAME = 34;

/** Serves until the first version does: Google's own page that says hello. */
const PLACEHOLDER = 'us-docker.pkg.dev/cloudrun/container/hello';

/** A container must answer within four minutes: 24 looks, ten seconds apart. */
const PROBE = { periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 24 };

const VOLUME = 'store';

/** The store once more, to be written to. */
const CAPTURE_VOLUME = 'capture';
const CAPTURE_MOUNT = '/capture';

/** A service of Cloud Run whose revisions are the release workflow's, and what it needs around it. */
export class PipelineService extends Construct {
  readonly service: CloudRunV2Service;
  /** The containers act as it. */
  readonly account: StepAccount;
  readonly alarms: EndpointAlarms;
  readonly reference: CloudRunReference;
  readonly smokeTest: SmokeTest;
  readonly register: RegisterSettings;
  readonly release: ReleaseSettings;
  private readonly name: string;
  private readonly props: ReleasedEndpointProps;

  constructor(scope: Construct, id: string, props: ReleasedEndpointProps) {
    super(scope, id);
    this.props = props;
    const { definition, project, runtime, store } = props;
    const { deployment, monitoring } = definition;
    this.name = constructName(this, MAX_NAME);
    const resources = cloudRunResources(deployment.endpoint.machine) ?? { cpu: 0, memoryGiB: 0 };
    this.account = new StepAccount(this, 'Account', { project, purpose: `Serves ${definition.name}` });
    store.grantRead(this.node.path, this.account.member, ['models/']);
    if (monitoring.capture) {
      const path = `capture/${definition.name}/`;
      this.account.grantStore(store, {}, { capture: { path: literal(path), prefixes: [path] } });
    }
    const imageUri = runtime.bindImage(this, [
      serviceAgent(project, 'run'),
      serviceAgent(project, 'aiplatform'),
    ]);
    this.service = this.createService();
    this.reference = {
      kind: 'cloud-run',
      projectId: project.id,
      region: project.region,
      serviceName: this.name,
      gpu: resources.accelerator !== undefined,
    };
    this.alarms = new EndpointAlarms(this, 'Alarms', {
      project,
      endpoint: this.reference,
      ...monitoring.performance,
      ...monitoring.resources,
      actions: props.actions,
    });
    this.smokeTest = new SmokeTest(this, 'SmokeTest', {
      project,
      store,
      image: props.serverImage,
      url: literal(`${this.candidateUrl()}${this.renderContainer().predictRoute}`),
      token: 'identity',
      runtime: servingRuntime(definition),
      samples: samplesOf(definition),
      tolerance: definition.conversion?.tolerance ?? {},
      network: props.network,
    });
    this.grantInvoke('SmokeTest', this.smokeTest.account.member);
    this.register = renderRegister(props, imageUri);
    this.release = this.renderRelease(this.renderTemplate(imageUri, resources));
  }

  /** Allows sending requests. */
  grantInvoke(id: string, member: string): void {
    this.grant(`Invoke${id}`, 'roles/run.invoker', member);
  }

  /** Allows making revisions, moving traffic, and trying them. */
  grantRelease(id: string, member: string): void {
    this.grant(`Release${id}`, 'roles/run.developer', member);
    this.account.grantActAs(id, member);
    // Who deploys an image must be able to pull it.
    this.props.runtime.bindImage(new Construct(this, `Image${id}`), [member]);
    this.smokeTest.grantRun(id, member);
  }

  private grant(id: string, role: string, member: string): void {
    const { project } = this.props;
    new CloudRunV2ServiceIamMember(this, id, {
      project: project.id,
      location: project.region,
      name: this.service.name,
      role,
      member,
    });
  }

  private candidateUrl(): string {
    const { number, region } = this.props.project;
    return `https://${CANDIDATE}---${this.name}-${number}.${region}.run.app`;
  }

  private createService(): CloudRunV2Service {
    const { project, store } = this.props;
    return new CloudRunV2Service(this, 'Service', {
      project: project.id,
      name: this.name,
      location: project.region,
      deletionProtection: false,
      // Requests need permission in any case.
      ingress: 'INGRESS_TRAFFIC_ALL',
      customAudiences: [this.candidateUrl()],
      template: {
        serviceAccount: this.account.email,
        encryptionKey: store.keyName,
        containers: [{ image: PLACEHOLDER }],
      },
      // Revisions and traffic are the release workflow's.
      lifecycle: { ignoreChanges: ['client', 'client_version', 'labels', 'template', 'traffic'] },
      dependsOn: [this.account.account, ...store.dependencies],
    });
  }

  /** `RevisionTemplate` of Cloud Run, with expressions of the workflow. */
  private renderTemplate(image: string, resources: CloudRunResources): Readonly<Record<string, unknown>> {
    const { definition, network, store } = this.props;
    const { min = 0, max = Math.max(min, 1) } = definition.deployment.endpoint.replicas ?? {};
    const { digestLabel, version } = REGISTERED_TEXTS;
    const container = this.renderContainer();
    const capture = this.renderCapture();
    const environment = { ...container.environment, ...capture };
    const probe = { ...PROBE, httpGet: { path: container.healthRoute, port: container.port } };
    return {
      labels: { 'model-version': version, 'model-digest': digestLabel },
      serviceAccount: this.account.email,
      executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
      encryptionKey: store.keyName,
      timeout: '60s',
      // As everywhere in this mode: one request at a time on each instance.
      maxInstanceRequestConcurrency: 1,
      scaling: { minInstanceCount: min, maxInstanceCount: max },
      ...(resources.accelerator && {
        nodeSelector: { accelerator: resources.accelerator },
        gpuZonalRedundancyDisabled: true,
      }),
      ...(network && { vpcAccess: { egress: 'ALL_TRAFFIC', networkInterfaces: [{ ...network }] } }),
      volumes: [
        { name: VOLUME, gcs: { bucket: store.bucketName, readOnly: true } },
        ...(capture ? [{ name: CAPTURE_VOLUME, gcs: { bucket: store.bucketName, readOnly: false } }] : []),
      ],
      containers: [
        {
          image,
          ...(container.command && { command: container.command }),
          ...(container.args && { args: container.args }),
          env: Object.entries(environment).map(([name, text]) => ({ name, value: text })),
          ports: [{ containerPort: container.port }],
          resources: {
            limits: renderLimits(resources),
            cpuIdle: resources.accelerator === undefined,
            startupCpuBoost: true,
          },
          startupProbe: probe,
          livenessProbe: probe,
          volumeMounts: [
            { name: VOLUME, mountPath: `/gcs/${store.bucketName}` },
            ...(capture ? [{ name: CAPTURE_VOLUME, mountPath: CAPTURE_MOUNT }] : []),
          ],
        },
      ],
    };
  }

  /** The server files what it records under the pipeline's name. */
  private renderCapture(): Readonly<Record<string, string>> | undefined {
    const { definition, runtime } = this.props;
    const { capture } = definition.monitoring;
    return capture && runtime.renderCapture?.(`${CAPTURE_MOUNT}/capture`, capture.samplePercent);
  }

  private renderContainer(): ServingContainer {
    const { definition, runtime, store } = this.props;
    const { digest, version } = REGISTERED_TEXTS;
    const served = pathOfVersion(servedDirectory(definition));
    const directory = value(`${literal(store.mountPath(''))} + ${served}`);
    return runtime.render(directory, { pipeline: definition.name, version, digest });
  }

  private renderRelease(template: Readonly<Record<string, unknown>>): ReleaseSettings {
    const { definition, project, store } = this.props;
    const parent = `projects/${project.id}/locations/${project.region}`;
    return {
      pipeline: definition.name,
      bucketName: store.bucketName,
      projectName: `projects/${project.id}`,
      parent,
      region: project.region,
      endpointId: this.name,
      target: cloudRunTarget({
        serviceName: `${parent}/services/${this.name}`,
        template,
        contentHash: contentHash(template),
      }),
      smokeTest: this.smokeTest.step,
      limits: releaseLimits(this.reference, this.alarms.release),
    };
  }
}

/** Cloud Run records no requests: what serves must do it. */
export function checkServiceCapture({ monitoring }: PipelineDefinition, runtime: ServingRuntime): Issue[] {
  const { capture } = monitoring;
  if (capture === undefined || runtime.renderCapture?.('', capture.samplePercent)) return [];
  const message = 'is not carried out: neither Cloud Run nor this runtime records requests';
  return [issue('serverless-without', 'monitoring.capture', message, 'Leave it out, or take another mode.')];
}

/** What Cloud Run has not. */
export function checkService(machine: MachineRequest, path: string): Issue[] {
  if (cloudRunResources(machine)) return [];
  const { accelerator = 'cpu', accelerators = 1, memoryGiB = 8 } = machine;
  const asked = accelerator === 'cpu' ? '' : `${accelerators} × ${accelerator} and `;
  const message = `asks for ${asked}${memoryGiB} GiB; an instance of Cloud Run has at most 32 GiB and one l4`;
  return [issue('machine-not-on-cloud-run', path, message, 'Ask for less, or leave the mode "serverless".')];
}
