import { KmsCryptoKeyIamMember } from '@cdktf/provider-google/lib/kms-crypto-key-iam-member';
import { Construct } from 'constructs';
import { type Issue, issue, throwIssues } from '../issue';
import type { FunctionProgram, Json } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import { checkContainerJob, ContainerJob } from './container-job';
import type { NetworkProps } from './network';
import { DEFAULT_MODEL_MIB, sizeProgram } from './program-size';
import { type Project, serviceAgent } from './project';
import { terraformStackOf } from './resource-name';
import { StepAccount } from './step-account';
import type { StoreLocation, StoreLocations } from './store-location';
import { storeArguments } from './workflow/arguments';
import type { WorkflowStep } from './workflow/source';
import { RUN_PROGRAM } from './workflow/subworkflows';

const KEY_VERSION =
  /^(projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+)\/cryptoKeyVersions\/\d+$/;

export interface ProgramStepProps {
  readonly project: Project;
  readonly store: IArtifactStore;
  /** This library's server, built from `containers/serving`. */
  readonly image: ContainerImage;
  /** Id of the plan's step, for messages. */
  readonly step: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** Directories by the name the program knows them by. */
  readonly inputs: StoreLocations;
  /** Directories by the name the program knows them by; `metrics` is one of them. */
  readonly outputs: StoreLocations;
  /** The most the model's files may have, in MiB: the job's memory follows from it. @default 400 */
  readonly modelMiB?: number;
  readonly timeoutSeconds: number;
  /** @default - reaches the internet and Google's services */
  readonly network?: NetworkProps;
}

export interface ProgramFunctionProps extends ProgramStepProps {
  readonly program: FunctionProgram;
  /** Prefix of the store that takes what outlives the run: `models/`. @default - nothing is published */
  readonly publish?: string;
  /**
   * Version of an asymmetric key of Cloud KMS, on a curve, that signs what `register` publishes:
   * `projects/…/cryptoKeys/…/cryptoKeyVersions/1`.
   * @default - versions are not signed
   */
  readonly signingKeyVersion?: string;
}

/**
 * An artifact program as a job of Cloud Run that reads its inputs, adds its outputs to the store, and
 * nothing else.
 */
export class ProgramFunction extends Construct {
  readonly account: StepAccount;
  readonly job: ContainerJob;
  /** A step of a workflow; its result is the execution as Cloud Run describes it. */
  readonly step: WorkflowStep;
  /** The step alone: Cloud Run picks the machine. */
  readonly steps: readonly [WorkflowStep];

  constructor(scope: Construct, id: string, props: ProgramFunctionProps) {
    super(scope, id);
    terraformStackOf(this);
    const { inputs, modelMiB = DEFAULT_MODEL_MIB, outputs, program, project, publish, step, store } = props;
    const resources = sizeProgram(props, modelMiB) ?? { cpu: 0, memoryGiB: 0 };
    throwIssues(`step "${step}"`, [
      ...(resources.cpu === 0 ? [tooLarge(program, modelMiB)] : []),
      ...checkContainerJob({ ...props, resources }),
      ...checkKeyVersion(props.signingKeyVersion),
    ]);
    this.account = new StepAccount(this, 'Account', { project, purpose: `Runs the step "${step}"` });
    const published: StoreLocations = publish === undefined ? {} : { published: fixed(publish) };
    this.account.grantStore(store, inputs, { ...outputs, ...published });
    if (props.signingKeyVersion !== undefined) this.grantSign(props.signingKeyVersion);
    this.job = new ContainerJob(this, 'Job', {
      ...props,
      account: this.account,
      image: props.image.bind(this, [serviceAgent(project, 'run')]),
      resources,
    });
    this.step = this.renderStep(props);
    this.steps = [this.step];
  }

  /**
   * Allows running it, and waiting for it.
   *
   * @param id unique among the grants of this construct
   * @param member `serviceAccount:…`
   */
  grantRun(id: string, member: string): void {
    this.job.grantRun(id, member);
  }

  private renderStep(props: ProgramFunctionProps): WorkflowStep {
    const { parameters, program, publish, signingKeyVersion, step, store, timeoutSeconds } = props;
    return {
      call: RUN_PROGRAM,
      args: {
        name: this.job.jobName,
        args: [
          ...['program', '--store', 'mounted'],
          ...['--program', program],
          ...['--step', step],
          // In a workflow's source, "${" begins an expression.
          ...['--parameters', JSON.stringify(parameters).replaceAll('$', '\\u0024')],
          ...storeArguments(store, props),
          ...(publish === undefined ? [] : ['--publish', store.mountPath(publish)]),
          ...(signingKeyVersion === undefined ? [] : ['--signing-key', signingKeyVersion]),
        ],
        timeout: timeoutSeconds,
      },
    };
  }

  private grantSign(keyVersion: string): void {
    const cryptoKeyId = KEY_VERSION.exec(keyVersion)?.[1] ?? keyVersion;
    new KmsCryptoKeyIamMember(this, 'Sign', {
      cryptoKeyId,
      role: 'roles/cloudkms.signerVerifier',
      member: this.account.member,
      dependsOn: [this.account.account],
    });
  }
}

function fixed(prefix: string): StoreLocation {
  return { path: JSON.stringify(prefix), prefixes: [prefix] };
}

function checkKeyVersion(keyVersion: string | undefined): Issue[] {
  if (keyVersion === undefined || KEY_VERSION.test(keyVersion)) return [];
  const fix = 'Give projects/<id>/locations/<region>/keyRings/<ring>/cryptoKeys/<key>/cryptoKeyVersions/1.';
  return [issue('signing-key', 'signingKeyVersion', `is "${keyVersion}"`, fix)];
}

function tooLarge(program: FunctionProgram, modelMiB: number): Issue {
  return issue(
    'model-too-large-for-cloud-run',
    'modelMiB',
    `is ${modelMiB}: "${program}" would need more than the 32 GiB of memory that an instance can have`,
    'Make the model smaller: quantise or prune it.',
  );
}
