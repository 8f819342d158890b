import { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { Aspects, dependable, TerraformResource, type TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * Google refuses a policy whose member does not exist, and by its literal name Terraform does not see that
 * one needs the other: every membership in the stack waits for its service account.
 */
export function orderAccounts(stack: TerraformStack): void {
  Aspects.of(stack).add({
    visit(node: IConstruct) {
      if (node !== stack) return;
      const all = stack.node.findAll();
      const accounts = new Map(
        all
          .filter((each) => each instanceof ServiceAccount)
          .map((account) => [
            `${account.accountIdInput ?? ''}@${account.projectInput ?? ''}`,
            dependable(account),
          ]),
      );
      for (const resource of all) {
        const account = accounts.get(accountOf(resource));
        if (account === undefined || !(resource instanceof TerraformResource)) continue;
        resource.dependsOn = [...new Set([...(resource.dependsOn ?? []), account])];
      }
    },
  });
}

/** `<account>@<project>` of the member of a policy. */
function accountOf(resource: IConstruct): string {
  const { memberInput: member } = resource as { memberInput?: unknown };
  const found = /^serviceAccount:(.+)\.iam\.gserviceaccount\.com$/.exec(
    typeof member === 'string' ? member : '',
  );
  return found?.[1] ?? '';
}
