import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { Annotations } from 'cdktf';
import { Construct } from 'constructs';
import type { GoogleMachine } from '../hardware';
import { compile, type PipelineDefinition, type Plan, type Stage } from '../pipeline';
import { ApprovalAlert } from './approval-alert';
import { ArtifactStore, type IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import { DriftMonitor } from './drift-monitor';
import type { EndpointAlarms } from './endpoint-alarms';
import { FailureAlert } from './failure-alert';
import { FeedbackLoop } from './feedback-loop';
import { grantVertexJobs } from './grant-vertex-jobs';
import { grantWait } from './grant-wait';
import { JobCode } from './job-code';
import type { AlarmActions } from './leveled-alarms';
import { ModelAge } from './model-age';
import { ModelRegistry } from './model-registry';
import type { NetworkProps } from './network';
import { NotificationChannels } from './notification-channels';
import { PipelineAlarms } from './pipeline-alarms';
import { PipelineDashboard } from './pipeline-dashboard';
import { orderAccounts } from './order-accounts';
import { checkPipeline, servesOnGpu } from './pipeline-checks';
import { type PipelineAccess, PipelineEndpoint } from './pipeline-endpoint';
import { type PipelineMachines, pickMachines } from './pipeline-machines';
import { pickRuntime } from './pipeline-runtime';
import { PipelineService } from './pipeline-service';
import { PipelineStarts, type Starts } from './pipeline-starts';
import { PipelineSteps } from './pipeline-steps';
import { declaredMiB } from './program-size';
import type { Project } from './project';
import { constructName, terraformStackOf } from './resource-name';
import { Rollback, Teardown } from './rollback';
import { ServiceKey } from './service-key';
import type { ServingRuntime } from './serving-runtime';
import { grantReadWorkflows, WorkflowDefinition } from './workflow-definition';
import { Locations } from './workflow/locate';
import { renderWorkflow } from './workflow/render-workflow';

export interface ModelPipelineProps {
  readonly definition: PipelineDefinition;
  readonly project: Project;
  /**
   * This library's server, built from `containers/serving` and pushed to Artifact Registry. It carries out
   * the artifact programs, and serves where the runtime is `onnx`.
   */
  readonly serverImage: ContainerImage;
  /**
   * Serves the endpoint; of NVIDIA Triton it has no default.
   * @default - `serverImage`, on the CPU; for a language model, vLLM as Google publishes it
   */
  readonly runtime?: ServingRuntime;
  /** One store belongs to one pipeline. @default - a new one */
  readonly store?: IArtifactStore;
  /** Runs the jobs: `python3` 3.11 or later, with the framework. @default - the framework's own on Docker Hub */
  readonly jobImage?: ContainerImage;
  /**
   * Directory of Python wheels that jobs install from. With it, jobs need no package index.
   * @default - jobs install pinned versions from the package index when they start
   */
  readonly wheelhouse?: string;
  /** Network of the jobs. @default - networks of Google's */
  readonly network?: NetworkProps;
  /**
   * The most the model's ONNX file may have, or the files of a language model, in MiB.
   * @default - `signature.weightsGiB` of a language model, 400 for other models
   */
  readonly modelMiB?: number;
  /** Host name of an endpoint of Vertex AI: its own, or the region's. @default "dedicated" */
  readonly access?: PipelineAccess;
  /**
   * Version of an asymmetric key of Cloud KMS, on a curve, that signs every version.
   * @default - versions are not signed
   */
  readonly signingKeyVersion?: string;
  /** What starts runs beside people. @default - nothing */
  readonly starts?: Starts;
}

/**
 * A definition's whole path to production as a workflow, with all it needs: store, jobs, gates,
 * verification, registry, approval, an endpoint that it releases to, alarms and a dashboard.
 *
 * ```ts
 * new ModelPipeline(stack, 'SpamFilter', {
 *   definition: spamFilter,
 *   project: { id: 'my-project-123456', number: '123456789012', region: 'europe-west4' },
 *   serverImage: registry.image('serving', '1.0.0'),
 * });
 * ```
 *
 * The endpoint is there from the first deployment on; the release workflow puts versions on it.
 */
export class ModelPipeline extends Construct {
  readonly plan: Plan;
  readonly store: IArtifactStore;
  readonly registry: ModelRegistry;
  /** An endpoint of Vertex AI; in the mode `serverless`, a service of Cloud Run. */
  readonly endpoint: PipelineEndpoint | PipelineService;
  readonly workflow: WorkflowDefinition;
  /** Moves the endpoint back to a version that has been live. */
  readonly rollback: Rollback;
  /** Empties the endpoint, so that it can be destroyed. */
  readonly teardown: Teardown;
  /** Hear of alarms and of runs that failed. */
  readonly notifications: NotificationChannels;
  /** Asks for approval; absent where approval is automatic. */
  readonly approvals?: ApprovalAlert;
  /** On the endpoint. */
  readonly alarms: EndpointAlarms;
  /** On runs and jobs that fail, and on the model's age. */
  readonly pipelineAlarms: PipelineAlarms;
  readonly dashboard: PipelineDashboard;
  /** Absent where the definition has no `monitoring.drift`. */
  readonly drift?: DriftMonitor;
  /** Absent where the definition has no `monitoring.feedback`. */
  readonly feedback?: FeedbackLoop;
  /** Encrypts what executions and messages hold. */
  readonly encryptionKey: ServiceKey;
  private readonly props: ModelPipelineProps;

  constructor(scope: Construct, id: string, props: ModelPipelineProps) {
    super(scope, id);
    orderAccounts(terraformStackOf(this));
    this.props = props;
    const { definition, project } = props;
    this.plan = compile(definition);
    const machines = pickMachines(definition, this.plan);
    const serving = pickRuntime(definition, props.serverImage, props.runtime);
    checkPipeline({ ...props, machines, serving });
    const { runtime } = serving;
    this.warnOfIdleGpu(runtime);

    this.encryptionKey = new ServiceKey(this, 'Key', { project, agents: ['workflows', 'pubsub'] });
    this.store = props.store ?? new ArtifactStore(this, 'Store', { project });
    this.registry = new ModelRegistry(this, 'Registry', { project });
    this.notifications = this.createChannels('Notifications', definition.monitoring.notify ?? []);
    const actions = { warning: this.notifications, critical: this.notifications };
    const locations = new Locations(this.plan);
    const steps = this.createSteps(locations, machines);
    this.endpoint = this.createEndpoint(machines.endpoint, runtime, actions);
    this.alarms = this.endpoint.alarms;
    const { register, release } = this.endpoint;
    this.workflow = new WorkflowDefinition(this, 'Workflow', {
      project,
      name: this.workflowName(),
      description: `Runs the pipeline ${this.plan.pipeline}`,
      source: renderWorkflow(this.plan, { locations, calls: steps.calls, register, release }),
      key: this.encryptionKey,
    });
    const helper = { project, release, key: this.encryptionKey };
    this.rollback = new Rollback(this, 'Rollback', { ...helper, name: this.workflowName('-rollback') });
    this.teardown = new Teardown(this, 'Teardown', { ...helper, name: this.workflowName('-teardown') });
    this.grantRun(steps, locations);
    this.approvals = this.createApprovals();
    this.createFailureAlerts();
    this.drift = this.createDrift(actions);
    this.feedback = this.createFeedback();
    const modelAge = this.createModelAge();
    this.pipelineAlarms = this.createPipelineAlarms(steps, modelAge, actions);
    this.dashboard = this.createDashboard(steps, modelAge);
    this.createStarts();
  }

  /** Allows starting runs, and answering the question for approval. */
  grantStart(id: string, member: string): void {
    this.workflow.grantStart(id, member);
  }

  private warnOfIdleGpu({ usesGpu }: ServingRuntime): void {
    if (usesGpu || !servesOnGpu(this.props.definition)) return;
    Annotations.of(this).addWarning(
      'the server runs models on the CPU: the GPU of the endpoint stays idle. Pass the runtime ' +
        "ServingRuntime.onnx(image, { executionProvider: 'cuda' }) to use it, or ask for a machine without one.",
    );
  }

  private createSteps(locations: Locations, machines: PipelineMachines): PipelineSteps {
    const { definition, jobImage, network, project, serverImage, signingKeyVersion, wheelhouse } = this.props;
    const { modelMiB = declaredMiB(definition) } = this.props;
    const { source, training } = definition;
    const { plan, store } = this;
    const code = new JobCode(this, 'Code', { plan, source, data: training.data, wheelhouse, store });
    return new PipelineSteps(this, 'Steps', {
      ...{ project, plan, locations, store, code, placements: machines.jobs },
      ...{ serverImage, jobImage, network, modelMiB, signingKeyVersion },
    });
  }

  private createEndpoint(
    machine: GoogleMachine | undefined,
    runtime: ServingRuntime,
    actions: AlarmActions,
  ): PipelineEndpoint | PipelineService {
    const { access = 'dedicated', definition, network, project, serverImage } = this.props;
    const { store } = this;
    const { modelId } = this.registry;
    const released = { project, definition, store, runtime, serverImage, actions, modelId, network };
    return machine === undefined
      ? new PipelineService(this, 'Endpoint', released)
      : new PipelineEndpoint(this, 'Endpoint', { ...released, machine, access });
  }

  /** Each workflow may do what its source does, on what is this pipeline's. */
  private grantRun(steps: PipelineSteps, locations: Locations): void {
    const { project } = this.props;
    const runners = { Run: this.workflow, Rollback: this.rollback, Teardown: this.teardown };
    for (const [id, { account }] of Object.entries(runners)) {
      const { member } = account;
      if (id !== 'Teardown' || this.endpoint instanceof PipelineEndpoint)
        grantVertexJobs(this, project, member);
      // Who finds the lock of the endpoint taken asks whether the run that took it is still there.
      grantReadWorkflows(account, project, Object.values(runners));
      this.store.grantKeep(`${this.node.path}/${id}`, member, ['releases/']);
      if (id === 'Teardown') continue;
      this.endpoint.grantRelease(id, member);
    }
    const { member } = this.workflow.account;
    grantWait(this, project, { Run: member, Rollback: this.rollback.account.member });
    if (this.measuresReleases()) {
      const role = 'roles/monitoring.viewer';
      new ProjectIamMember(this, 'MeasureRun', { project: project.id, role, member });
    }
    this.store.grantRead(`${this.node.path}/Run`, member, this.readPrefixes(locations));
    steps.grantRun('Run', member);
  }

  private measuresReleases(): boolean {
    const waits = this.plan.steps.some((step) => step.kind === 'release' && step.waitMinutes > 0);
    return waits && this.endpoint.release.limits.length > 0;
  }

  /** Metrics that gates judge, and manifests. */
  private readPrefixes(locations: Locations): string[] {
    const judged = this.plan.steps.flatMap((step) =>
      step.kind === 'gate' ? Object.values(locations.inputsOf(step)) : [],
    );
    const made = this.plan.steps.flatMap((step) =>
      step.kind === 'function' && step.program === 'register' ? Object.values(locations.outputsOf(step)) : [],
    );
    return [...new Set([...judged, ...made].flatMap(({ prefixes }) => prefixes)), 'models/'];
  }

  private createChannels(id: string, recipients: readonly string[]): NotificationChannels {
    return new NotificationChannels(this, id, { project: this.props.project, recipients });
  }

  private createApprovals(): ApprovalAlert | undefined {
    const { definition, project } = this.props;
    const { approval = 'automatic' } = definition.deployment;
    if (approval === 'automatic') return undefined;
    return new ApprovalAlert(this, 'Approvals', {
      project,
      pipeline: definition.name,
      workflow: this.workflowName(),
      approvers: this.createChannels('Approvers', approval.approvers),
    });
  }

  private createFailureAlerts(): void {
    const { definition, project } = this.props;
    const alert = { project, pipeline: definition.name, channels: this.notifications };
    new FailureAlert(this, 'RunFailed', { ...alert, workflow: this.workflowName() });
    new FailureAlert(this, 'RollbackFailed', { ...alert, workflow: this.workflowName('-rollback') });
  }

  private createModelAge(): ModelAge | undefined {
    const { definition, project } = this.props;
    if (definition.monitoring.modelAgeDays === undefined) return undefined;
    const { encryptionKey: key, store } = this;
    return new ModelAge(this, 'ModelAge', { project, pipeline: definition.name, store, key });
  }

  private createDrift(actions: AlarmActions): DriftMonitor | undefined {
    const { definition, jobImage: image, network, project, wheelhouse } = this.props;
    const { encryptionKey: key, endpoint, store } = this;
    if (definition.monitoring.drift === undefined) return undefined;
    const requestLog = endpoint instanceof PipelineEndpoint ? endpoint.endpoint.requestLog : undefined;
    return new DriftMonitor(this, 'Drift', {
      ...{ project, definition, store, requestLog, actions, key, image, wheelhouse, network },
    });
  }

  private createFeedback(): FeedbackLoop | undefined {
    const { definition, network, project, serverImage } = this.props;
    const { feedback } = definition.monitoring;
    if (feedback === undefined) return undefined;
    const { encryptionKey: key, store, workflow } = this;
    return new FeedbackLoop(this, 'Feedback', {
      ...{ project, pipeline: definition.name, store, workflow, serverImage, key, network },
      retrainAfterSamples: feedback.retrainAfterSamples,
    });
  }

  private createPipelineAlarms(
    steps: PipelineSteps,
    modelAge: ModelAge | undefined,
    actions: AlarmActions,
  ): PipelineAlarms {
    const { definition, project } = this.props;
    const levels = definition.monitoring.modelAgeDays;
    return new PipelineAlarms(this, 'PipelineAlarms', {
      project,
      workflows: {
        Runs: this.workflowName(),
        Rollbacks: this.workflowName('-rollback'),
        ...(this.drift && { DriftChecks: lastOf(this.drift.workflow.workflowName) }),
        ...(this.feedback && { FeedbackLooks: lastOf(this.feedback.workflow.workflowName) }),
      },
      jobs: Object.fromEntries([...steps.jobNames].map(([step, name]) => [step, lastOf(name)])),
      modelAge: modelAge && levels && { metric: modelAge.metric(), levels },
      actions,
    });
  }

  private createDashboard(steps: PipelineSteps, modelAge: ModelAge | undefined): PipelineDashboard {
    const { definition, project } = this.props;
    const jobsOf = (stage: Stage) =>
      Object.fromEntries(
        this.plan.steps.flatMap((step) => {
          const name = steps.jobNames.get(step.id);
          return step.stage === stage && name !== undefined ? [[step.id, lastOf(name)]] : [];
        }),
      );
    return new PipelineDashboard(this, 'Dashboard', {
      project,
      pipeline: definition.name,
      workflow: this.workflowName(),
      jobs: {
        training: jobsOf('training'),
        optimization: jobsOf('optimization'),
        conversion: jobsOf('conversion'),
        deployment: jobsOf('deployment'),
      },
      endpoint: this.endpoint.reference,
      modelAge: modelAge?.metric(),
      drift: this.drift && [this.drift.metricPopulationStability(), this.drift.metricPredictionStability()],
      feedback: this.feedback?.metricNewSamples(),
    });
  }

  private createStarts(): void {
    const { definition, project, starts } = this.props;
    if (starts?.schedule === undefined && starts?.newData === undefined) return;
    const { encryptionKey: key, store, workflow } = this;
    new PipelineStarts(this, 'Starts', {
      ...starts,
      project,
      pipeline: definition.name,
      store,
      workflow,
      key,
    });
  }

  private workflowName(suffix = ''): string {
    return `${constructName(this, 54)}${suffix}`;
  }
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
