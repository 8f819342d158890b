import { Construct } from 'constructs';
import type { GoogleMachine } from '../hardware';
import { contentHash } from '../names';
import { servingRuntime } from '../pipeline';
import type { EndpointAlarms } from './endpoint-alarms';
import type { VertexEndpointReference } from './endpoint-metrics';
import { ModelEndpoint } from './model-endpoint';
import { releaseLimits, type ReleasedEndpointProps, renderRegister, samplesOf } from './released-endpoint';
import { SmokeTest } from './smoke-test';
import { value } from './workflow/expression';
import { REGISTERED, type RegisterSettings } from './workflow/register-states';
import type { ReleaseSettings } from './workflow/release-settings';
import { vertexTarget } from './workflow/vertex-endpoint';

export interface PipelineEndpointProps extends ReleasedEndpointProps {
  readonly machine: GoogleMachine;
  readonly access: PipelineAccess;
}

/** Where requests go: to a host name of the endpoint's own, or to the one of the region. */
export type PipelineAccess = 'dedicated' | 'shared';

/** An endpoint that the release workflow owns, and what it needs around it: account, alarms, smoke test. */
export class PipelineEndpoint extends Construct {
  readonly endpoint: ModelEndpoint;
  readonly alarms: EndpointAlarms;
  readonly reference: VertexEndpointReference;
  readonly smokeTest: SmokeTest;
  readonly register: RegisterSettings;
  readonly release: ReleaseSettings;
  private readonly props: PipelineEndpointProps;

  constructor(scope: Construct, id: string, props: PipelineEndpointProps) {
    super(scope, id);
    this.props = props;
    const { access, definition, network, project, store } = props;
    const { deployment, monitoring } = definition;
    this.endpoint = new ModelEndpoint(this, 'Endpoint', {
      project,
      store,
      runtime: props.runtime,
      machine: props.machine,
      access: { kind: access },
      replicas: deployment.endpoint.replicas,
      performance: monitoring.performance,
      resources: monitoring.resources,
      capture: monitoring.capture,
      actions: props.actions,
    });
    this.alarms = this.endpoint.alarms;
    this.reference = this.endpoint.reference;
    this.smokeTest = new SmokeTest(this, 'SmokeTest', {
      project,
      store,
      image: props.serverImage,
      url: JSON.stringify(`https://${this.host()}/v1/${this.endpoint.endpointName}:rawPredict`),
      token: 'access',
      runtime: servingRuntime(definition),
      samples: samplesOf(definition),
      tolerance: definition.conversion?.tolerance ?? {},
      network,
    });
    this.endpoint.grantInvoke('SmokeTest', this.smokeTest.account.member);
    this.register = renderRegister(props, this.endpoint.imageUri);
    this.release = this.renderRelease();
  }

  /** Allows putting versions on the endpoint, and trying it. */
  grantRelease(id: string, member: string): void {
    this.endpoint.account.grantActAs(id, member);
    this.smokeTest.grantRun(id, member);
  }

  private host(): string {
    const { access, project } = this.props;
    return access === 'shared'
      ? `${project.region}-aiplatform.googleapis.com`
      : `${this.endpoint.endpointId}.${project.region}-${project.number}.prediction.vertexai.goog`;
  }

  private renderRelease(): ReleaseSettings {
    const { definition, project, store } = this.props;
    const { endpointId, endpointName } = this.endpoint;
    const deployedModel = this.endpoint.renderDeployedModel(value(`${REGISTERED}.model`), value('name'));
    return {
      pipeline: definition.name,
      bucketName: store.bucketName,
      projectName: `projects/${project.id}`,
      parent: this.register.parent,
      region: project.region,
      endpointId,
      // A version is deployed anew where its machine or its container changes.
      target: vertexTarget({
        endpointName,
        region: project.region,
        deployedModel: { ...deployedModel },
        contentHash: contentHash([deployedModel, this.register.model.containerSpec]),
      }),
      smokeTest: this.smokeTest.step,
      limits: releaseLimits(this.reference, this.alarms.release),
    };
  }
}
