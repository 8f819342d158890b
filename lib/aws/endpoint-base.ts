import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { type EndpointReference, errorPercent, latencyMs, requests } from './endpoint-metrics';

/** An endpoint that serves a model, whoever owns it. */
export interface IModelEndpoint extends IConstruct {
  readonly endpointName: string;
  readonly endpointArn: string;
  /** Allows sending requests. */
  grantInvoke(grantee: IGrantable): Grant;
  /** Model latency in milliseconds, at the 99th percentile unless `statistic` says otherwise. */
  metricLatencyMs(options?: MetricOptions): IMetric;
  /** Share of the requests that ended in a server error, in percent. */
  metricErrorPercent(options?: MetricOptions): IMetric;
  /** Requests in the period. */
  metricRequests(options?: MetricOptions): IMetric;
}

export abstract class EndpointBase extends Construct implements IModelEndpoint {
  abstract readonly endpointName: string;
  protected abstract readonly reference: EndpointReference;

  get endpointArn(): string {
    const resourceName = this.endpointName;
    return Stack.of(this).formatArn({ service: 'sagemaker', resource: 'endpoint', resourceName });
  }

  abstract grantInvoke(grantee: IGrantable): Grant;

  metricLatencyMs(options?: MetricOptions): IMetric {
    return latencyMs(this.reference, options);
  }

  metricErrorPercent(options?: MetricOptions): IMetric {
    return errorPercent(this.reference, options);
  }

  metricRequests(options?: MetricOptions): IMetric {
    return requests(this.reference, options);
  }
}

/** An endpoint that exists, of whatever kind. */
export class ImportedEndpoint extends EndpointBase {
  protected readonly reference: EndpointReference;

  constructor(
    scope: Construct,
    id: string,
    readonly endpointName: string,
  ) {
    super(scope, id);
    this.reference = { endpointName };
  }

  /** Of an asynchronous endpoint, its store is granted apart: it is not known here. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: [
        'sagemaker:InvokeEndpoint',
        'sagemaker:InvokeEndpointAsync',
        'sagemaker:InvokeEndpointWithResponseStream',
      ],
      resourceArns: [this.endpointArn],
    });
  }
}
