"""What moto's CloudFormation lacks of updates: order, rollback, and roles with managed policies.

CloudFormation makes what is new, changes what stays, and only then removes what is gone; where a step
fails, it goes back and the stack ends as UPDATE_ROLLBACK_COMPLETE. moto removes first, and has no way
back.
"""

from typing import Any

from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.iam.models import Role, iam_backends
from moto.utilities.utils import get_partition

Template = dict[str, Any]

update_resources = ResourceMap.update
update_stack = Stack.update
delete_role = Role.delete_from_cloudformation_json


def update_in_order(resources: ResourceMap, template: Template, parameters: Any = None) -> None:
    before = resources._resource_json_map
    gone = {name: before[name] for name in before.keys() - template["Resources"].keys()}
    update_resources(resources, {**template, "Resources": {**gone, **template["Resources"]}}, parameters)
    update_resources(resources, template, parameters)
    # moto would take a resource of this name for still there, should it come back.
    for name in gone:
        resources._parsed_resources.pop(name, None)


def forget_what_was_not_made(resources: ResourceMap) -> None:
    resources._resource_json_map = {
        name: json
        for name, json in resources._resource_json_map.items()
        if name in resources._parsed_resources
    }


def update_or_roll_back(stack: Stack, template: str, *arguments: Any, **options: Any) -> None:
    before = stack.template
    try:
        update_stack(stack, template, *arguments, **options)
    except Exception as error:
        stack._add_stack_event("UPDATE_FAILED", resource_status_reason=str(error))
        stack._add_stack_event("UPDATE_ROLLBACK_IN_PROGRESS")
        stack.template = before
        stack._parse_template()
        forget_what_was_not_made(stack.resource_map)
        update_in_order(stack.resource_map, stack.template_dict)
        stack.output_map = stack._create_output_map()
        stack._add_stack_event("UPDATE_ROLLBACK_COMPLETE")
        stack.status = "UPDATE_ROLLBACK_COMPLETE"


def resolve_parameters(_: CloudFormationBackend, instance: Any, incoming_params: Any) -> dict[str, str]:
    """A parameter that was never given keeps its default; moto looks it up and fails."""
    return {
        parameter["ParameterKey"]: parameter.get(
            "ParameterValue", instance.parameters.get(parameter["ParameterKey"])
        )
        for parameter in incoming_params
        if "ParameterValue" in parameter or parameter["ParameterKey"] in instance.parameters
    }


def detach_and_delete_role(name: str, json: Any, account_id: str, region: str) -> None:
    role = iam_backends[account_id][get_partition(region)].get_role(name)
    for policy in list(role.managed_policies.values()):
        policy.detach_from(role)
    delete_role(name, json, account_id, region)


def mend() -> None:
    ResourceMap.update = update_in_order  # type: ignore[method-assign]
    Stack.update = update_or_roll_back  # type: ignore[method-assign]
    CloudFormationBackend._resolve_update_parameters = resolve_parameters  # type: ignore[method-assign]
    Role.delete_from_cloudformation_json = staticmethod(detach_and_delete_role)  # type: ignore[method-assign]
