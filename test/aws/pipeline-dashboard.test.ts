import { Template } from 'aws-cdk-lib/assertions';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Function } from 'aws-cdk-lib/aws-lambda';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { findMachine, PipelineDashboard, type PipelineDashboardProps } from '../../lib/aws';
import { flatten } from './flatten';
import { createStack } from './synth';

interface Widget {
  readonly type: string;
  readonly width: number;
  readonly properties: { readonly markdown?: string; readonly title?: string; readonly metrics?: unknown[] };
}

const VERIFY = 'arn:aws:lambda:eu-west-1:123456789012:function:verify';
const ENVIRONMENT = { account: '123456789012', region: 'eu-west-1' };

function widgets(props: Partial<PipelineDashboardProps> = {}, machine = 'ml.g5.xlarge'): Widget[] {
  const stack = createStack(ENVIRONMENT);
  new PipelineDashboard(stack, 'Dashboard', {
    pipeline: 'spam',
    stateMachine: StateMachine.fromStateMachineName(stack, 'Machine', 'spam'),
    functions: { Verify: Function.fromFunctionArn(stack, 'Verify', VERIFY) },
    endpoint: { endpointName: 'spam', machine: findMachine(machine, 'aws') },
    ...props,
  });
  const [dashboard] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
  const { DashboardBody } = (dashboard as { Properties: { DashboardBody: unknown } }).Properties;
  return (JSON.parse(flatten(DashboardBody) as string) as { widgets: Widget[] }).widgets;
}

const textOf = (widget: Widget) => widget.properties.markdown ?? '';
const titles = (found: Widget[]) => found.map(({ properties }) => properties.title);

test('the rows are the five stages, in order', () => {
  const headings = widgets()
    .filter(({ type }) => type === 'text')
    .map((widget) => textOf(widget).split('\n')[0]);
  expect(headings).toEqual([
    '## Training',
    '## Optimization',
    '## Conversion',
    '## Deployment',
    '## Monitoring',
  ]);
});

test('links lead to runs, logs and the endpoint', () => {
  const links = widgets()
    .map(textOf)
    .flatMap((text) => [...text.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, title, url]) => [title, url]));
  const console = 'https://eu-west-1.console.aws.amazon.com';
  expect(Object.fromEntries(links)).toMatchObject({
    Runs: `${console}/states/home?region=eu-west-1#/v2/statemachines/view/arn:aws:states:eu-west-1:123456789012:stateMachine:spam`,
    'Log of training': `${console}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FTrainingJobs$253FlogStreamNameFilter$253Dspam-`,
    'Log of quantize': `${console}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FProcessingJobs$253FlogStreamNameFilter$253Dspam-quantize`,
    Verify: `${console}/lambda/home?region=eu-west-1#/functions/verify?tab=monitoring`,
    'Log of the endpoint': `${console}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FEndpoints$252Fspam`,
    Endpoint: `${console}/sagemaker/home?region=eu-west-1#/endpoints/spam`,
  });
});

test('a machine with a GPU shows it, another does not', () => {
  const shown = (machine: string) =>
    JSON.stringify(widgets({}, machine).find(({ properties }) => properties.title === 'Machines (%)'));
  expect(shown('ml.g5.xlarge')).toContain('GPUMemoryUtilization');
  expect(shown('ml.m5.large')).not.toContain('GPU');
});

test('the age of the model and the alarms are shown where there are any', () => {
  expect(titles(widgets())).not.toContain('Alarms');
  const metric = new Metric({ namespace: 'ModelPipeline', metricName: 'ModelAgeDays' });
  const alarm = Alarm.fromAlarmArn(
    createStack(),
    'Old',
    'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:old',
  );
  const shown = titles(widgets({ modelAge: metric, alarms: [alarm] }));
  expect(shown).toEqual(expect.arrayContaining(['Age of the model (days)', 'Alarms']));
});
