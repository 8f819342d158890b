import { Grant, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { GateRule, Retry } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { parameter, type State } from './asl';
import { BundledFunction, type FunctionOptions } from './bundled-function';
import type { StoreLocation } from './store-location';
import { Duration, Size } from 'aws-cdk-lib/core';

export interface GateFunctionProps extends Pick<FunctionOptions, 'logEncryptionKey' | 'logRetention'> {
  readonly store: IArtifactStore;
  readonly rules: readonly GateRule[];
  /** Directory with the `metrics.json` that is judged. */
  readonly metrics: StoreLocation;
  /** Directory with the `metrics.json` that losses are measured against. @default - no rule is a loss */
  readonly baseline?: StoreLocation;
}

const RETRY: Retry = { attempts: 2, backoffSeconds: 5 };

/** Holds metrics against rules: `{ "passed": boolean, "checks": […] }`. */
export class GateFunction extends Construct {
  readonly role: Role;
  /** The task of a state machine, without its `Next`. The verdict is at `$.Payload`. */
  readonly state: State;
  private readonly bundled: BundledFunction;

  constructor(scope: Construct, id: string, props: GateFunctionProps) {
    super(scope, id);
    const { store, rules, metrics, baseline } = props;
    this.bundled = new BundledFunction(this, 'Function', {
      ...props,
      bundle: 'gate',
      description: `Judges ${rules.map(({ metric }) => metric).join(', ')}`,
      timeout: Duration.minutes(1),
      memory: Size.mebibytes(256),
      ephemeralStorage: Size.mebibytes(512),
    });
    this.role = this.bundled.role;
    const prefixes = [metrics, baseline].flatMap((location) => location?.prefixes ?? []);
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['s3:GetObject'],
      resourceArns: prefixes.map((prefix) => store.bucket.arnForObjects(`${prefix}metrics.json`)),
    });
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['kms:Decrypt'],
      resourceArns: [store.encryptionKey.keyArn],
    });
    const event = {
      rules,
      ...parameter('metrics', metrics.uri),
      ...(baseline && parameter('baseline', baseline.uri)),
    };
    this.state = this.bundled.renderTask(event, RETRY);
  }

  /** Allows calling the function. */
  grantRun(grantee: IGrantable): void {
    this.bundled.grantInvoke(grantee);
  }
}
