import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { VertexAiEndpoint } from '@cdktf/provider-google/lib/vertex-ai-endpoint';
import { Construct } from 'constructs';
import { checkModelFits, type GoogleMachine } from '../hardware';
import { type Issue, issue, throwIssues } from '../issue';
import type { Capture, MachineRequest, Performance, Replicas, Resources } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { checkAccess, type EndpointAccess, renderAccess } from './endpoint-access';
import { checkAlarms, EndpointAlarms } from './endpoint-alarms';
import type { VertexEndpointReference } from './endpoint-metrics';
import type { AlarmActions } from './leveled-alarms';
import { resolveMachine } from './machine';
import { checkProject, type Project, serviceAgent } from './project';
import { checkReplicas } from './replicas';
import { RequestLog } from './request-log';
import { constructName, numericName, terraformStackOf } from './resource-name';
import {
  renderDeployedModel,
  renderModel,
  type RenderedDeployedModel,
  type RenderedModel,
  type RenderModelOptions,
} from './served-model';
import type { ServingRuntime } from './serving-runtime';
import { StepAccount } from './step-account';

export interface ModelEndpointProps {
  readonly project: Project;
  /** Holds the versions; its key encrypts the endpoint and the models on it. */
  readonly store: IArtifactStore;
  readonly runtime: ServingRuntime;
  /** What the model needs, or the machine itself. @default - one CPU machine with 8 GiB of memory */
  readonly machine?: MachineRequest | GoogleMachine;
  /** Shown in the console. @default - a name made from the construct's path */
  readonly displayName?: string;
  /** @default - a host name of its own, with IAM in front of it */
  readonly access?: EndpointAccess;
  /** @default - one replica */
  readonly replicas?: Replicas;
  /** Size of the model's file, to check that it fits the machine. @default - not checked */
  readonly modelBytes?: number;
  readonly performance: Performance;
  /** @default - no alarms on resources */
  readonly resources?: Resources;
  /** @default - alarms go off, and nobody hears of them */
  readonly actions?: AlarmActions;
  /** @default - requests and responses are not recorded */
  readonly capture?: Capture;
}

/**
 * An endpoint of Vertex AI, without a model: models are put on it by a release workflow, which Terraform
 * leaves alone. It has a service account for the containers, alarms, and a log of its requests.
 *
 * ```ts
 * const endpoint = new ModelEndpoint(stack, 'Endpoint', {
 *   project,
 *   store,
 *   runtime: ServingRuntime.onnx(image),
 *   machine: { accelerator: 'l4' },
 *   performance: { latencyP99Ms: { critical: 250 }, errorPercent: { critical: 1 } },
 * });
 * endpoint.grantInvoke('App', app.member);
 * ```
 */
export class ModelEndpoint extends Construct {
  /** Numeric, literal. */
  readonly endpointId: string;
  /** `projects/<id>/locations/<region>/endpoints/<number>`, literal. */
  readonly endpointName: string;
  readonly machine: GoogleMachine;
  readonly imageUri: string;
  /** The containers act as it. */
  readonly account: StepAccount;
  readonly alarms: EndpointAlarms;
  readonly endpoint: VertexAiEndpoint;
  readonly reference: VertexEndpointReference;
  /** Absent where nothing is recorded. */
  readonly requestLog?: RequestLog;
  private readonly props: ModelEndpointProps;

  constructor(scope: Construct, id: string, props: ModelEndpointProps) {
    super(scope, id);
    terraformStackOf(this);
    this.props = props;
    const { access = { kind: 'dedicated' }, project, runtime, store } = props;
    this.machine = resolveMachine(props.machine ?? {}, 'endpoint');
    this.endpointId = numericName(this);
    this.endpointName = `projects/${project.id}/locations/${project.region}/endpoints/${this.endpointId}`;
    this.reference = {
      kind: 'vertex',
      projectId: project.id,
      region: project.region,
      endpointId: this.endpointId,
      machine: this.machine,
      peered: access.kind === 'peering',
    };
    throwIssues(`endpoint "${this.node.path}"`, this.check(access));
    this.account = new StepAccount(this, 'Account', {
      project,
      purpose: `Serves models of ${this.node.path}`,
    });
    this.imageUri = runtime.bindImage(this, [this.account.member, serviceAgent(project, 'aiplatform')]);
    throwIssues(`endpoint "${this.node.path}"`, checkImage(this.imageUri));
    store.grantRead(this.node.path, this.account.member, ['models/']);
    this.requestLog = props.capture && new RequestLog(this, 'Requests', { project });
    this.endpoint = this.createEndpoint(access);
    this.alarms = new EndpointAlarms(this, 'Alarms', {
      project,
      endpoint: this.reference,
      ...props.performance,
      ...props.resources,
      replicas: { critical: props.replicas?.min ?? 1 },
      actions: props.actions,
    });
  }

  /** Body of models.upload for this endpoint. */
  renderModel(
    options: Pick<
      RenderModelOptions,
      'artifactUri' | 'displayName' | 'labels' | 'served' | 'versionAliases' | 'versionDescription'
    >,
  ): RenderedModel {
    const { runtime, store } = this.props;
    return renderModel({ ...options, runtime, imageUri: this.imageUri, keyName: store.keyName });
  }

  /** @param model its resource name with the version; in a workflow an expression, `${…}` */
  renderDeployedModel(model: string, displayName: string): RenderedDeployedModel {
    const { replicas } = this.props;
    const serviceAccount = this.account.email;
    return renderDeployedModel({ model, displayName, machine: this.machine, replicas, serviceAccount });
  }

  /** Allows sending requests to endpoints of the project, and nothing else: Vertex AI's finest grain. */
  grantInvoke(id: string, member: string): void {
    const { project } = this.props;
    const role = new ProjectIamCustomRole(this, `Invoker${id}`, {
      project: project.id,
      roleId: constructName(this, 55).replaceAll('-', '_') + `_${id.toLowerCase().replace(/[^a-z0-9]/g, '')}`,
      title: `Sends requests to ${this.node.path}`.slice(0, 100),
      permissions: ['aiplatform.endpoints.predict'],
    });
    new ProjectIamMember(this, `Invoke${id}`, { project: project.id, role: role.name, member });
  }

  /** Allows putting models on the endpoint, moving its traffic, and taking them off. */
  grantRelease(id: string, member: string): void {
    const { project } = this.props;
    new ProjectIamMember(this, `Release${id}`, {
      project: project.id,
      role: 'roles/aiplatform.user',
      member,
    });
    this.account.grantActAs(id, member);
  }

  private check(access: EndpointAccess): Issue[] {
    const { modelBytes, performance, project, replicas, resources, runtime } = this.props;
    const { machine } = this;
    return [
      ...checkProject(project),
      ...checkAccess(access, 'access'),
      ...checkReplicas(replicas, machine, 'replicas'),
      ...runtime.check(machine.accelerators, 'runtime'),
      ...checkAlarms(this.reference, { ...performance, ...resources }, 'performance'),
      ...(modelBytes === undefined ? [] : checkModelFits({ modelBytes, machine, path: 'machine' })),
    ];
  }

  private createEndpoint(access: EndpointAccess): VertexAiEndpoint {
    const { capture, displayName, project, store } = this.props;
    return new VertexAiEndpoint(this, 'Endpoint', {
      project: project.id,
      name: this.endpointId,
      displayName: displayName ?? constructName(this),
      location: project.region,
      region: project.region,
      encryptionSpec: { kmsKeyName: store.keyName },
      ...renderAccess(access),
      ...(capture &&
        this.requestLog && {
          predictRequestResponseLoggingConfig: {
            enabled: true,
            samplingRate: capture.samplePercent / 100,
            bigqueryDestination: { outputUri: this.requestLog.outputUri },
          },
        }),
      // Models and traffic are the release workflow's.
      lifecycle: { ignoreChanges: ['traffic_split'] },
      dependsOn: [...store.dependencies, ...(this.requestLog?.dependencies ?? [])],
    });
  }
}

/** Vertex AI serves images of Artifact Registry only. */
function checkImage(imageUri: string): Issue[] {
  if (imageUri.includes('docker.pkg.dev/')) return [];
  const message = `is "${imageUri}"; Vertex AI serves images of Artifact Registry only`;
  const fix = 'Copy the image into a repository, and pass ContainerImage.fromArtifactRegistry(…).';
  return [issue('image-not-in-artifact-registry', 'runtime', message, fix)];
}
