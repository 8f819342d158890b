/** A resource of a synthesised template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface TemplateBody {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

export const ACCOUNT = '123456789012';
export const REGION = 'eu-west-1';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Rehearsal',
};

/** ARNs as CloudFormation would make them, by the resource's type. */
const ARNS: Readonly<Record<string, (id: string) => string>> = {
  'AWS::CloudWatch::Alarm': (id) => arn('cloudwatch', `alarm:${id}`),
  'AWS::DynamoDB::Table': (id) => arn('dynamodb', `table/${id}`),
  'AWS::IAM::Role': (id) => `arn:aws:iam::${ACCOUNT}:role/${id}`,
  'AWS::KMS::Key': (id) => arn('kms', `key/${id}`),
  'AWS::Lambda::Function': (id) => arn('lambda', `function:${id}`),
  'AWS::Logs::LogGroup': (id) => arn('logs', `log-group:${id}:*`),
  'AWS::S3::Bucket': (id) => `arn:aws:s3:::${bucketName(id)}`,
  'AWS::SNS::Topic': (id) => arn('sns', id),
  'AWS::StepFunctions::StateMachine': (id) => arn('states', `stateMachine:${id}`),
};

/** Types whose `Ref` is their ARN. */
const ARN_IS_REF = ['AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine'];

/** A resource of an account and region. */
export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

/** A run of a state machine. */
export function executionArn(machineName: string, name: string): string {
  return arn('states', `execution:${machineName}:${name}`);
}

/** A value of a template with its functions carried out, as a deployment would. */
export function resolveTemplate({ Resources }: TemplateBody, value: unknown): unknown {
  const resolve = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(resolve);
    if (typeof inner !== 'object' || inner === null) return inner;
    const entries = Object.entries(inner);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1) {
      if (name === 'Ref') return refer(argument as string);
      if (name === 'Fn::GetAtt') return attribute(...(argument as [string, string]));
      if (name === 'Fn::Sub') return String(argument).replace(/\$\{([^}]+)\}/g, (_, id: string) => refer(id));
      if (name === 'Fn::Join') {
        const [separator, parts] = argument as [string, unknown[]];
        return parts.map(resolve).join(separator);
      }
    }
    return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item)]));
  };
  const refer = (id: string): string => {
    const type = Resources[id]?.Type ?? '';
    if (PSEUDO[id] !== undefined) return PSEUDO[id];
    if (type === 'AWS::S3::Bucket') return bucketName(id);
    return ARN_IS_REF.includes(type) ? arnOf(type, id) : id;
  };
  const attribute = (id: string, name: string): string =>
    /(^|Topic)Arn$/.test(name) ? arnOf(Resources[id]?.Type ?? '', id) : id;
  return resolve(value);
}

/** Every resource of a type, its properties resolved, by logical id. */
export function resourcesOf(template: TemplateBody, type: string): [string, Record<string, unknown>][] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties = {} }]) => [
      id,
      resolveTemplate(template, Properties) as Record<string, unknown>,
    ]);
}

/** ARN of a resource of a type whose `Arn` others ask for. */
export function arnOf(type: string, id: string): string {
  return ARNS[type]?.(id) ?? id;
}

/** Its logical id, in the letters that names of buckets have. */
function bucketName(id: string): string {
  return id.toLowerCase();
}
