import { Stack } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/** A link in a dashboard's text. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

export function renderLinks(links: readonly Link[]): string {
  return links.map(({ title, url }) => `[${title}](${url})`).join(' · ');
}

/** The runs of a state machine. */
export function runsUrl(scope: IConstruct, stateMachineArn: string): string {
  return consoleUrl(scope, 'states', `/v2/statemachines/view/${stateMachineArn}`);
}

/** @param streams what the names of its streams begin with */
export function logUrl(scope: IConstruct, name: string, streams?: string): string {
  const group = `logsV2:log-groups/log-group/${encode(name)}`;
  const filter = streams === undefined ? '' : encode(`?logStreamNameFilter=${streams}`);
  return consoleUrl(scope, 'cloudwatch', `${group}${filter}`);
}

/** What a function measures, with its log. */
export function functionUrl(scope: IConstruct, functionName: string): string {
  return consoleUrl(scope, 'lambda', `/functions/${functionName}?tab=monitoring`);
}

export function endpointUrl(scope: IConstruct, endpointName: string): string {
  return consoleUrl(scope, 'sagemaker', `/endpoints/${endpointName}`);
}

function consoleUrl(scope: IConstruct, service: string, path: string): string {
  const { region } = Stack.of(scope);
  return `https://${region}.console.aws.amazon.com/${service}/home?region=${region}#${path}`;
}

/** The console reads its own encoding: percent signs, encoded once more, with a dollar for each. */
function encode(text: string): string {
  return text.replace(/[/?=]/g, (character) =>
    encodeURIComponent(encodeURIComponent(character)).replaceAll('%', '$'),
  );
}
