import { authorizationsOf } from './authorizations';
import type { Authorizer } from './authorizer';
import { FakeLockTable } from './fake-lock-table';
import type { FakeS3, Guard } from './fake-s3';
import type { FakeSageMaker } from './fake-sagemaker';
import { failure } from './failure';
import type { Service } from './interpreter';
import { type Measurement, measurementsOf, type MetricParameters } from './metric-alarms';
import type { ServiceModels } from './service-models';

/** A call of a state machine's task. */
export interface Call {
  readonly action: string;
  readonly state: string;
  readonly parameters: Record<string, unknown>;
}

export interface ControlPlaneProps {
  readonly s3: FakeS3;
  readonly sagemaker: FakeSageMaker;
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  /** Key that encrypts a bucket, a topic or a table, by its name or ARN. */
  readonly keys: ReadonlyMap<string, string>;
  readonly models: ServiceModels;
  /** Carries out a job: `sagemaker:create…Job.sync`. */
  readonly runJob: (action: string, parameters: Record<string, unknown>) => Promise<unknown>;
  readonly invokeFunction: (functionArn: string, payload: Record<string, unknown>) => Promise<unknown>;
  /** Answers the question for approval, or throws. */
  readonly approve: () => unknown;
}

/** A run does not take more calls than this, unless it goes in circles. */
const MAX_CALLS = 500;

/** The services that state machines call, with every call judged by the caller's role and the SDK's models. */
export class ControlPlane {
  readonly calls: Call[] = [];
  readonly lock = new FakeLockTable();
  /** Statuses of other executions, look by look; the last one stays. */
  readonly executions = new Map<string, string[]>();
  /** What was put into CloudWatch. */
  readonly measurements: Measurement[] = [];

  constructor(private readonly props: ControlPlaneProps) {}

  /** The services as a role sees them. */
  service(role: string): Service {
    return async (action, parameters, state) => {
      this.calls.push({ action, state, parameters });
      if (this.calls.length > MAX_CALLS) throw new Error('the state machine goes in circles');
      const errors = this.props.models.check(action, parameters);
      if (errors.length > 0) throw failure('SerializationException', errors.join('; '));
      for (const { action: name, resource, context } of authorizationsOf(action, parameters)) {
        this.props.authorizer.authorize(role, name, resource, context);
      }
      return await this.answer(action, parameters, role);
    };
  }

  guard(role: string): Guard {
    return bucketGuard(role, this.props);
  }

  private answer(action: string, parameters: Record<string, unknown>, role: string): unknown {
    const [service = '', call = ''] = action.split(':');
    if (call.endsWith('.sync')) return this.props.runJob(action, parameters);
    switch (service) {
      case 'sagemaker':
        this.readNamedObjects(parameters, role);
        return this.props.sagemaker.answer(call, parameters);
      case 'lambda':
        return this.invoke(parameters);
      case 'applicationautoscaling':
        return this.props.sagemaker.answerScaling(call);
      case 'dynamodb':
        this.useKey(role, parameters.TableName as string, ['kms:Decrypt']);
        return this.lock.answer(call, parameters);
      case 'sns':
        this.useKey(role, parameters.TopicArn as string, ['kms:Decrypt', 'kms:GenerateDataKey']);
        return call === 'publish.waitForTaskToken' ? this.props.approve() : { MessageId: '1' };
      case 's3':
        return this.access(call, parameters, role);
      case 'cloudwatch':
        if (call === 'putMetricData')
          this.measurements.push(...measurementsOf(parameters as unknown as MetricParameters));
        return {};
      case 'sfn':
        return this.describeExecution(parameters.ExecutionArn as string);
      default:
        throw new Error(`${action} is not rehearsed`);
    }
  }

  /** SageMaker reads what a call names: as the role of the model, or in the name of who lists a version. */
  private readNamedObjects(
    { ExecutionRoleArn, ...parameters }: Record<string, unknown>,
    caller: string,
  ): void {
    const guard = this.guard((ExecutionRoleArn ?? caller) as string);
    for (const [, bucket = '', key = ''] of JSON.stringify(parameters).matchAll(
      /s3:\/\/([^/"]+)\/(models\/[^"]+)/g,
    )) {
      const directory = key.endsWith('/');
      if (directory) guard('s3:ListBucket', bucket, key);
      guard('s3:GetObject', bucket, directory ? `${key}file` : key);
      if (this.props.s3.list(bucket, key).length === 0) {
        throw failure('SageMaker.SageMakerException', `Could not find s3://${bucket}/${key}`);
      }
    }
  }

  private async invoke({ FunctionName, Payload }: Record<string, unknown>): Promise<unknown> {
    return {
      Payload: await this.props.invokeFunction(FunctionName as string, Payload as Record<string, unknown>),
    };
  }

  private access(call: string, parameters: Record<string, unknown>, role: string): unknown {
    const { Body, Bucket: bucket, Key: key, Prefix: prefix } = parameters as Record<string, string>;
    const { s3 } = this.props;
    const guard = this.guard(role);
    switch (call) {
      case 'putObject':
        guard('s3:PutObject', bucket ?? '', key ?? '');
        s3.put(bucket ?? '', key ?? '', JSON.stringify(Body));
        return {};
      case 'listObjectsV2':
        guard('s3:ListBucket', bucket ?? '', prefix ?? '');
        return { KeyCount: s3.list(bucket ?? '', prefix ?? '').length };
      case 'getObject':
        return { Body: this.read(guard, bucket ?? '', key ?? '').toString() };
      case 'headObject':
        this.read(guard, bucket ?? '', key ?? '');
        return { LastModified: s3.lastModified(bucket ?? '', key ?? '')?.toISOString() };
      default:
        throw new Error(`s3:${call} is not rehearsed`);
    }
  }

  /** Who may not list the bucket is not told that an object is not there. */
  private read(guard: Guard, bucket: string, key: string): Buffer {
    guard('s3:GetObject', bucket, key);
    const body = this.props.s3.get(bucket, key);
    if (body !== undefined) return body;
    try {
      guard('s3:ListBucket', bucket, '');
    } catch (error) {
      throw failure('S3.S3Exception', `Access Denied: ${(error as Error).message}`);
    }
    throw failure('S3.NoSuchKeyException', 'The specified key does not exist.');
  }

  private describeExecution(executionArn: string): unknown {
    const statuses = this.executions.get(executionArn);
    const status = statuses && statuses.length > 1 ? statuses.shift() : statuses?.[0];
    if (status === undefined) throw failure('Sfn.ExecutionDoesNotExistException', 'Execution Does Not Exist');
    return { Status: status };
  }

  private useKey(role: string, resource: string, actions: readonly string[]): void {
    const keyArn = this.props.keys.get(resource);
    if (keyArn === undefined) return;
    for (const action of actions) this.props.authorizer.authorize(role, action, keyArn);
  }
}

/** Judges accesses to buckets in the name of a role, with those to the keys that encrypt them. */
export function bucketGuard(
  role: string,
  { authorizer, keys }: Pick<ControlPlaneProps, 'authorizer' | 'keys'>,
): Guard {
  return (action, bucket, key) => {
    if (action === 's3:ListBucket') {
      authorizer.authorize(role, action, `arn:aws:s3:::${bucket}`, key === '' ? {} : { 's3:prefix': key });
      return;
    }
    authorizer.authorize(role, action, `arn:aws:s3:::${bucket}/${key}`);
    const keyArn = keys.get(bucket);
    if (keyArn === undefined) return;
    authorizer.authorize(role, action === 's3:GetObject' ? 'kms:Decrypt' : 'kms:GenerateDataKey', keyArn);
  };
}
