import { ControlPlane, type Call } from '../../lib/aws/rehearsal/control-plane';
import { FakeS3 } from '../../lib/aws/rehearsal/fake-s3';
import { FakeSageMaker } from '../../lib/aws/rehearsal/fake-sagemaker';
import type { Service } from '../../lib/aws/rehearsal/interpreter';
import { ServiceModels } from '../../lib/aws/rehearsal/service-models';

export interface FakeAwsOptions {
  /** What tasks fail with, by state; an array is used up call by call. */
  readonly failures?: Readonly<Record<string, Error | Error[]>>;
  /** Verdicts of gates; a gate that is not named accepts. */
  readonly verdicts?: Readonly<Record<string, boolean>>;
  /** The endpoint before the run. */
  readonly endpoint?: { readonly config: string; readonly status?: string };
  /** A deployment ends in service, but on the configuration before. */
  readonly turnsBack?: boolean;
}

const VERSION = 'a1b2c3d4e5f6';
const MODEL_URI = `s3://store/models/${VERSION}/`;

/** The services of a run, as far as its tasks see them, with functions and jobs that do nothing. */
export class FakeAws {
  readonly plane: ControlPlane;
  private readonly sagemaker = new FakeSageMaker();
  private state = '';

  constructor(private readonly options: FakeAwsOptions = {}) {
    const { endpoint, turnsBack } = options;
    if (endpoint) {
      this.sagemaker.models.set(endpoint.config, { dataUri: MODEL_URI, roleArn: 'role' });
      this.sagemaker.configs.set(endpoint.config, {
        model: endpoint.config,
        machine: 'ml.g4dn.xlarge',
        variant: 'live',
      });
      this.sagemaker.endpoint = { name: 'spam', status: 'InService', ...endpoint, next: [] };
    }
    if (turnsBack) this.sagemaker.conduct = 'turns-back';
    const s3 = new FakeS3();
    for (const file of ['model.tar.gz', 'metrics.json', 'verification.json'])
      s3.put('store', `models/${VERSION}/${file}`, '');
    this.plane = new ControlPlane({
      s3,
      sagemaker: this.sagemaker,
      authorizer: { authorize: () => undefined },
      keys: new Map(),
      models: new ServiceModels(),
      runJob: (_, parameters) =>
        Promise.resolve({
          ...parameters,
          ModelArtifacts: { S3ModelArtifacts: 's3://store/runs/run-1/training/train/job/output/model/' },
          BestTrainingJob: { TrainingJobName: 'tune-007-best' },
        }),
      invokeFunction: () => Promise.resolve(this.invoke()),
      approve: () => true,
    });
  }

  readonly service: Service = async (action, parameters, state) => {
    const planned = this.options.failures?.[state];
    const error = Array.isArray(planned) ? planned.shift() : planned;
    if (error) {
      this.plane.calls.push({ action, state, parameters });
      throw error;
    }
    this.state = state;
    return await this.plane.service('role')(action, parameters, state);
  };

  get calls(): Call[] {
    return this.plane.calls;
  }

  get endpoint(): { readonly config: string } | undefined {
    return this.sagemaker.endpoint;
  }

  /** Parameters of the one call of an action. */
  call(action: string): Record<string, unknown> {
    const calls = this.calls.filter((call) => call.action === action);
    if (calls.length !== 1 || !calls[0]) throw new Error(`${action} was called ${calls.length} times`);
    return calls[0].parameters;
  }

  actions(): string[] {
    return this.calls.map(({ action }) => action);
  }

  private invoke(): unknown {
    if (this.state === 'register') {
      return {
        version: VERSION,
        digest: 'f'.repeat(64),
        dataDigest: 'd'.repeat(64),
        modelUri: MODEL_URI,
        metrics: {},
      };
    }
    return { passed: this.options.verdicts?.[this.state] ?? true, checks: [{ metric: 'f1', passed: false }] };
  }
}
