import { CfnMapping, Stack, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { IssueError } from '../issue';

const MAPPING_ID = 'DeepLearningContainerAccounts';

/**
 * Account of the registry that holds AWS Deep Learning Containers (PyTorch, TensorFlow, Triton), by
 * region. Source: `image_uri_config/pytorch.json` of the SageMaker Python SDK, version 2.8.0.
 */
const CONTAINER_ACCOUNTS: Readonly<Record<string, string>> = {
  'af-south-1': '626614931356',
  'ap-east-1': '871362719292',
  'ap-east-2': '975050140332',
  'ap-northeast-1': '763104351884',
  'ap-northeast-2': '763104351884',
  'ap-northeast-3': '364406365360',
  'ap-south-1': '763104351884',
  'ap-south-2': '772153158452',
  'ap-southeast-1': '763104351884',
  'ap-southeast-2': '763104351884',
  'ap-southeast-3': '907027046896',
  'ap-southeast-4': '457447274322',
  'ap-southeast-5': '550225433462',
  'ap-southeast-6': '633930458069',
  'ap-southeast-7': '590183813437',
  'ca-central-1': '763104351884',
  'ca-west-1': '204538143572',
  'cn-north-1': '727897471807',
  'cn-northwest-1': '727897471807',
  'eu-central-1': '763104351884',
  'eu-central-2': '380420809688',
  'eu-north-1': '763104351884',
  'eu-south-1': '692866216735',
  'eu-south-2': '503227376785',
  'eu-west-1': '763104351884',
  'eu-west-2': '763104351884',
  'eu-west-3': '763104351884',
  'il-central-1': '780543022126',
  'me-central-1': '914824155844',
  'me-south-1': '217643126080',
  'mx-central-1': '637423239942',
  'sa-east-1': '763104351884',
  'us-east-1': '763104351884',
  'us-east-2': '763104351884',
  'us-gov-east-1': '446045086412',
  'us-gov-west-1': '442386744353',
  'us-west-1': '763104351884',
  'us-west-2': '763104351884',
};

/**
 * The registry's account in the stack's region: a literal, or a look-up in a mapping of the template
 * where the region is known only at deployment.
 *
 * @param without regions of the table that do not have the image
 * @throws IssueError in a region without the image
 */
export function containerAccount(scope: Construct, image: string, without: readonly string[] = []): string {
  const stack = Stack.of(scope);
  const accounts = Object.entries(CONTAINER_ACCOUNTS).filter(([region]) => !without.includes(region));
  if (Token.isUnresolved(stack.region)) return mapping(stack, accounts).findInMap(stack.region, 'account');
  const account = new Map(accounts).get(stack.region);
  if (account !== undefined) return account;
  throw new IssueError(`image "${image}"`, [
    {
      code: 'image-region',
      path: scope.node.path,
      message: `AWS publishes no ${image} image in ${stack.region}`,
      fix: 'Name an image of your own: ContainerImage.fromEcrRepository(…) or ContainerImage.fromUri(…).',
    },
  ]);
}

function mapping(stack: Stack, accounts: readonly (readonly [string, string])[]): CfnMapping {
  const id = `${MAPPING_ID}${accounts.length}`;
  const existing = stack.node.tryFindChild(id);
  if (existing instanceof CfnMapping) return existing;
  const byRegion = Object.fromEntries(accounts.map(([region, account]) => [region, { account }]));
  return new CfnMapping(stack, id, { mapping: byRegion, lazy: true });
}
