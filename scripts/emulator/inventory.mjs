/** What the emulator holds after a deployment, asked of its AWS APIs. */
import {
  CloudFormationClient,
  GetTemplateCommand,
  paginateDescribeStacks,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeEndpointCommand,
  paginateListEndpointConfigs,
  paginateListEndpoints,
  paginateListModels,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { paginateListStateMachines, SFNClient } from '@aws-sdk/client-sfn';
import { paginateListTopics, SNSClient } from '@aws-sdk/client-sns';

/** @returns every stack but the CDK's own: `name`, `status`, its `template` and the `resources` it really has */
export async function listStacks(config) {
  const client = new CloudFormationClient(config);
  const stacks = await collect(paginateDescribeStacks({ client }, {}), 'Stacks');
  return Promise.all(
    stacks
      .filter(({ StackName }) => StackName !== 'CDKToolkit')
      .map(async ({ StackName: name, StackStatus: status }) => {
        const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName: name }));
        const resources = await collect(
          paginateListStackResources({ client }, { StackName: name }),
          'StackResourceSummaries',
        );
        // moto lists what it could not create without a type.
        const existing = resources.filter(({ ResourceType }) => ResourceType);
        return { name, status, template: JSON.parse(TemplateBody), resources: existing };
      }),
  );
}

/** @returns names by kind, as the services themselves list them */
export async function listServices(config) {
  const s3 = new S3Client(config);
  const lambda = { client: new LambdaClient(config) };
  const sagemaker = { client: new SageMakerClient(config) };
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const functions = await collect(paginateListFunctions(lambda, {}), 'Functions');
  const models = await collect(paginateListModels(sagemaker, {}), 'Models');
  const configs = await collect(paginateListEndpointConfigs(sagemaker, {}), 'EndpointConfigs');
  const endpoints = await collect(paginateListEndpoints(sagemaker, {}), 'Endpoints');
  const machines = await collect(
    paginateListStateMachines({ client: new SFNClient(config) }, {}),
    'stateMachines',
  );
  const topics = await collect(paginateListTopics({ client: new SNSClient(config) }, {}), 'Topics');
  return {
    buckets: Buckets.map(({ Name }) => Name),
    functions: functions.map(({ FunctionName, Runtime }) => `${FunctionName} (${Runtime})`),
    models: models.map(({ ModelName }) => ModelName),
    'endpoint configs': configs.map(({ EndpointConfigName }) => EndpointConfigName),
    endpoints: await Promise.all(endpoints.map((endpoint) => describeEndpoint(sagemaker.client, endpoint))),
    'state machines': machines.map(({ name }) => name),
    topics: topics.map(({ TopicArn }) => TopicArn.split(':').at(-1)),
  };
}

async function describeEndpoint(client, { EndpointName }) {
  const { EndpointStatus, EndpointConfigName } = await client.send(
    new DescribeEndpointCommand({ EndpointName }),
  );
  return `${EndpointName}: ${EndpointStatus}, ${EndpointConfigName}`;
}

async function collect(pages, field) {
  const items = [];
  for await (const page of pages) items.push(...(page[field] ?? []));
  return items;
}
