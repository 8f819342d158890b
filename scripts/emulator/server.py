"""moto's server, with CloudFormation types that its services know but its CloudFormation does not.

Each is created by a call to the emulated API, so botocore checks its properties. Left out is
AWS::S3::BucketPolicy: moto ignores the conditions of a statement, and a bucket that denies access
without TLS would deny all access.
"""

import json
import os
from collections.abc import Callable
from typing import Any

import boto3  # type: ignore[import-untyped]
from moto.cloudformation.custom_model import CustomModel
from moto.core.common_models import CloudFormationModel
from moto.sagemaker.models import FakeEndpoint
from moto.server import main

from stack_updates import mend

Properties = dict[str, Any]


class Api:
    """The emulated services of one region."""

    def __init__(self, region: str) -> None:
        self.region = region

    def __getitem__(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=f"http://127.0.0.1:{os.environ['MOTO_PORT']}",
            aws_access_key_id="emulator",
            aws_secret_access_key="emulator",  # noqa: S106
        )


Create = Callable[[Api, Properties, str], str]

# moto finds its models as subclasses, to which Python holds no reference of its own.
RESOURCES: list[object] = []


def creates(cloudformation_type: str, arn: str = "") -> Callable[[Create], Create]:
    """Registers a function that creates a resource of this type and returns its `Ref`.

    :param arn: template of the attribute `Arn`, with `{region}`, `{account}`, `{ref}`
    """

    def register(create: Create) -> Create:
        class Resource(CloudFormationModel):
            # moto files its models by the second part of their module.
            __module__ = "moto.cloudformation"

            def __init__(self, ref: str, **names: str) -> None:
                self.physical_resource_id = ref
                self.arn = arn.format(ref=ref, **names)

            @staticmethod
            def cloudformation_type() -> str:
                return cloudformation_type

            @classmethod
            def create_from_cloudformation_json(
                cls,
                resource_name: str,
                cloudformation_json: Any,
                account_id: str,
                region_name: str,
                **_: Any,
            ) -> "Resource":
                ref = create(Api(region_name), cloudformation_json["Properties"], resource_name)
                return cls(ref, region=region_name, account=account_id)

            @classmethod
            def has_cfn_attr(cls, attr: str) -> bool:
                return attr == "Arn"

            def get_cfn_attribute(self, _attribute: str) -> str:
                return self.arn

        RESOURCES.append(Resource)
        return create

    return register


@creates("AWS::CloudWatch::Alarm", arn="arn:aws:cloudwatch:{region}:{account}:alarm:{ref}")
def create_alarm(api: Api, properties: Properties, name: str) -> str:
    properties = {"AlarmName": name, **properties}
    api["cloudwatch"].put_metric_alarm(**properties)
    return str(properties["AlarmName"])


@creates("AWS::SNS::TopicPolicy")
def create_topic_policy(api: Api, properties: Properties, name: str) -> str:
    policy = json.dumps(properties["PolicyDocument"])
    for topic in properties["Topics"]:
        api["sns"].set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    return name


@creates("AWS::SNS::Subscription")
def create_subscription(api: Api, properties: Properties, _name: str) -> str:
    return str(api["sns"].subscribe(**properties, ReturnSubscriptionArn=True)["SubscriptionArn"])


@creates("AWS::SageMaker::ModelPackageGroup")
def create_model_package_group(api: Api, properties: Properties, _name: str) -> str:
    return str(api["sagemaker"].create_model_package_group(**properties)["ModelPackageGroupArn"])


@creates("AWS::ApplicationAutoScaling::ScalableTarget")
def create_scalable_target(api: Api, properties: Properties, _name: str) -> str:
    api["application-autoscaling"].register_scalable_target(**properties)
    names = ("ResourceId", "ScalableDimension", "ServiceNamespace")
    return "|".join(properties[name] for name in names)


@creates("AWS::ApplicationAutoScaling::ScalingPolicy")
def create_scaling_policy(api: Api, properties: Properties, _name: str) -> str:
    target = properties.pop("ScalingTargetId", None)
    if target is not None:
        resource, dimension, namespace = target.split("|")
        properties |= {
            "ResourceId": resource,
            "ScalableDimension": dimension,
            "ServiceNamespace": namespace,
        }
    return str(api["application-autoscaling"].put_scaling_policy(**properties)["PolicyARN"])


@classmethod  # type: ignore[misc]
def create_custom_resource(
    cls: type[CustomModel], resource_name: str, _json: Any, _account: str, region_name: str, **names: Any
) -> CustomModel:
    """Done at once: the function that a custom resource calls needs a container, which is not here."""
    resource = cls(region_name, "", names["LogicalId"], resource_name)
    resource.set_data({})
    return resource


CustomModel.create_from_cloudformation_json = create_custom_resource  # type: ignore[method-assign,assignment]

# moto gives an endpoint a name of its own; CloudFormation takes the one in the template.
FakeEndpoint.cloudformation_name_type = staticmethod(lambda: "EndpointName")  # type: ignore[method-assign]

if __name__ == "__main__":
    mend()
    main()
