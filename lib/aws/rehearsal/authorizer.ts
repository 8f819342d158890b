import { failure } from './failure';
import { covers, type Permission } from './policies';
import { isUsedByAws } from './service-permissions';

/** Judges every call by the policies of the role that makes it, and remembers which permission it needed. */
export class Authorizer {
  /** @param used what was taken, by role and action; several may share it */
  constructor(
    private readonly permissions: ReadonlyMap<string, readonly Permission[]>,
    private readonly used: Set<string>,
  ) {}

  /** @throws failure `AccessDenied` when no policy of the role allows the call */
  authorize(
    role: string,
    action: string,
    resource: string,
    context: Readonly<Record<string, string>> = {},
  ): void {
    const allowing = (this.permissions.get(role) ?? []).filter((permission) =>
      covers(permission, action, resource, context),
    );
    if (allowing.length === 0) {
      throw failure('AccessDenied', `${role} may not ${action} on ${resource} ${JSON.stringify(context)}`);
    }
    this.used.add(`${role} ${action}`);
  }

  /** What roles are allowed and was never taken: `<role> <action>`. AWS' own share is not counted. */
  unused(): string[] {
    const allowed = [...this.permissions].flatMap(([role, permissions]) =>
      permissions.flatMap(({ actions }) =>
        actions.filter((action) => !isUsedByAws(role, action)).map((action) => `${role} ${action}`),
      ),
    );
    return [...new Set(allowed)].filter((permission) => !this.used.has(permission)).sort();
  }
}
