import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { WorkflowsWorkflow } from '@cdktf/provider-google/lib/workflows-workflow';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import type { Project } from './project';
import type { ServiceKey } from './service-key';
import { StepAccount } from './step-account';
import { checkSource, renderSource } from './workflow/limits';
import type { WorkflowSource } from './workflow/source';
import { escapeTemplates } from './escape-templates';

export interface WorkflowDefinitionProps {
  readonly project: Project;
  /** 1 to 63 of a–z, 0–9 and `-`, literal. */
  readonly name: string;
  readonly description: string;
  readonly source: WorkflowSource;
  /** Encrypts what executions hold. */
  readonly key: ServiceKey;
}

/** A workflow that acts as a service account of its own, which may write its log and nothing else as yet. */
export class WorkflowDefinition extends Construct {
  readonly workflow: WorkflowsWorkflow;
  readonly account: StepAccount;
  readonly source: WorkflowSource;
  /** `projects/<id>/locations/<region>/workflows/<name>`, literal. */
  readonly workflowName: string;
  private readonly project: Project;

  constructor(scope: Construct, id: string, props: WorkflowDefinitionProps) {
    super(scope, id);
    const { description, key, name, project, source } = props;
    throwIssues(`workflow "${this.node.path}"`, checkSource(source, name));
    this.project = project;
    this.source = source;
    this.workflowName = `projects/${project.id}/locations/${project.region}/workflows/${name}`;
    this.account = new StepAccount(this, 'Account', { project, purpose: description });
    const log = new ProjectIamMember(this, 'Log', {
      project: project.id,
      role: 'roles/logging.logWriter',
      member: this.account.member,
    });
    this.workflow = new WorkflowsWorkflow(this, 'Workflow', {
      project: project.id,
      region: project.region,
      name,
      description,
      serviceAccount: this.account.email,
      cryptoKeyName: key.keyName,
      callLogLevel: 'LOG_ERRORS_ONLY',
      deletionProtection: false,
      sourceContents: escapeTemplates(renderSource(source)),
      dependsOn: [this.account.account, log, ...key.grants],
    });
  }

  /** Allows starting it, and answering what it asks. */
  grantStart(id: string, member: string): ProjectIamMember {
    return new ProjectIamMember(this, `Start${id}`, {
      project: this.project.id,
      role: 'roles/workflows.invoker',
      member,
      condition: only([this.workflowName]),
      dependsOn: [this.workflow],
    });
  }
}

/** Allows an account to look at workflows and their executions. */
export function grantReadWorkflows(
  account: StepAccount,
  project: Project,
  workflows: readonly WorkflowDefinition[],
): ProjectIamMember {
  const { member } = account;
  return new ProjectIamMember(account, 'ReadWorkflows', {
    project: project.id,
    role: 'roles/workflows.viewer',
    member,
    condition: only(workflows.map(({ workflowName }) => workflowName)),
  });
}

/** Executions are named after their workflow. */
function only(names: readonly string[]) {
  return {
    title: names.length === 1 ? 'only this workflow' : 'only these workflows',
    expression: names
      .map((name) => `resource.name == "${name}" || resource.name.startsWith("${name}/")`)
      .join(' || '),
  };
}
