"""Activations, as an operator makes them and as the SSM agent uses them up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_region.ssm import model
from tests.support.region import RunningRegion
from tests.support.ssm_agent import AgentError, SsmAgent, new_key, public_text

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def ssm(region: RunningRegion) -> Any:
    return region.client("ssm")


def refusal(client_error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    told = client_error.value.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]


def test_an_activation_has_the_defaults_of_aws(ssm: Any) -> None:
    made = ssm.create_activation(IamRole="KioskRole")

    [told] = ssm.describe_activations()["ActivationList"]

    assert len(made["ActivationCode"]) == 20
    assert told["ActivationId"] == made["ActivationId"]
    assert (told["RegistrationLimit"], told["RegistrationsCount"], told["Expired"]) == (1, 0, False)
    assert told["ExpirationDate"] - told["CreatedDate"] == timedelta(hours=24)
    assert made["ActivationCode"] not in str(told)


def test_what_was_asked_for_is_told(ssm: Any) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    ssm.create_activation(
        IamRole="service-role/KioskRole",
        RegistrationLimit=1000,
        ExpirationDate=until,
        Description="Harbour Hall",
        DefaultInstanceName="harbour",
        Tags=[{"Key": "venue", "Value": "harbour-hall"}],
    )

    [told] = ssm.describe_activations()["ActivationList"]

    assert told["RegistrationLimit"] == 1000
    assert told["ExpirationDate"] == until
    assert told["Description"] == "Harbour Hall"
    assert told["DefaultInstanceName"] == "harbour"
    assert told["Tags"] == [{"Key": "venue", "Value": "harbour-hall"}]
    assert told["IamRole"] == "service-role/KioskRole"


@pytest.mark.parametrize("limit", [0, 1001])
def test_limits_are_one_to_a_thousand(region: RunningRegion, limit: int) -> None:
    unchecked = region.client(
        "ssm", config=Config(parameter_validation=False, retries={"total_max_attempts": 1})
    )
    with pytest.raises(ClientError) as refused:
        unchecked.create_activation(IamRole="KioskRole", RegistrationLimit=limit)

    assert refusal(refused) == ("ValidationException", 400)
    assert "RegistrationLimit" in str(refused.value)
    assert not unchecked.describe_activations()["ActivationList"]


@pytest.mark.parametrize("away", [timedelta(seconds=-1), timedelta(days=30, minutes=1)])
def test_expiry_is_in_the_future_and_thirty_days_away_at_most(ssm: Any, away: timedelta) -> None:
    with pytest.raises(ClientError) as refused:
        ssm.create_activation(IamRole="KioskRole", ExpirationDate=datetime.now(UTC) + away)

    assert refusal(refused) == ("ValidationException", 400)


def test_activations_are_filtered_and_come_in_pages(ssm: Any) -> None:
    ids = sorted(
        ssm.create_activation(IamRole=role, DefaultInstanceName=name)["ActivationId"]
        for role, name in (("A", "x"), ("A", "y"), ("B", "x"))
    )

    first = ssm.describe_activations(MaxResults=2)
    second = ssm.describe_activations(MaxResults=2, NextToken=first["NextToken"])
    pages = [first, second]
    shown = [told["ActivationId"] for one in pages for told in one["ActivationList"]]
    assert shown == ids
    assert "NextToken" not in second

    def chosen(key: str, *values: str) -> int:
        asked = [{"FilterKey": key, "FilterValues": list(values)}]
        return len(ssm.describe_activations(Filters=asked)["ActivationList"])

    assert chosen("IamRole", "A") == 2
    assert chosen("DefaultInstanceName", "x") == 2
    assert chosen("ActivationIds", ids[0], UNKNOWN) == 1


def test_filters_and_tokens_that_are_none_are_refused(ssm: Any) -> None:
    with pytest.raises(ClientError) as refused:
        ssm.describe_activations(NextToken="made up")
    assert refusal(refused) == ("InvalidNextToken", 400)

    for _ in range(2):
        ssm.create_activation(IamRole="KioskRole")
    token = ssm.describe_activations(MaxResults=1)["NextToken"]
    for wrong in (f"{token[:4]}!{token[4:]}", token[:-8]):
        with pytest.raises(ClientError) as refused:
            ssm.describe_activations(NextToken=wrong)
        assert refusal(refused) == ("InvalidNextToken", 400)

    with pytest.raises(ClientError) as refused:
        ssm.describe_activations(Filters=[{"FilterValues": ["x"]}])
    assert refusal(refused) == ("InvalidFilter", 400)

    with pytest.raises(ClientError) as refused:
        ssm.describe_activations(Filters=[{"FilterKey": "Colour", "FilterValues": ["x"]}])
    assert refusal(refused) == ("ValidationException", 400)


def test_a_deleted_activation_registers_nobody(region: RunningRegion, ssm: Any) -> None:
    made = ssm.create_activation(IamRole="KioskRole")
    ssm.delete_activation(ActivationId=made["ActivationId"])

    with pytest.raises(ClientError) as refused:
        ssm.delete_activation(ActivationId=made["ActivationId"])
    assert refusal(refused) == ("InvalidActivation", 400)
    with pytest.raises(AgentError) as gone:
        SsmAgent(region.url).register(made)
    assert (gone.value.code, gone.value.status) == ("InvalidActivation", 400)


def test_a_registration_is_counted_and_the_last_is_the_last(
    region: RunningRegion, ssm: Any
) -> None:
    made = ssm.create_activation(IamRole="KioskRole", RegistrationLimit=2)

    ids = {SsmAgent(region.url).register(made) for _ in range(2)}
    with pytest.raises(AgentError) as used_up:
        SsmAgent(region.url).register(made)

    assert len(ids) == 2
    assert used_up.value.code == "RegistrationLimitExceeded"
    [told] = ssm.describe_activations()["ActivationList"]
    assert told["RegistrationsCount"] == 2


def test_wrong_codes_and_ids_use_nothing_up(region: RunningRegion, ssm: Any) -> None:
    made = ssm.create_activation(IamRole="KioskRole")

    for wrong in ({"ActivationCode": "A" * 20}, {"ActivationId": UNKNOWN}):
        with pytest.raises(AgentError) as refused:
            SsmAgent(region.url).register({**made, **wrong})
        assert refused.value.code == "InvalidActivation"

    assert SsmAgent(region.url).register(made).startswith("mi-")


def test_an_expired_activation_registers_nobody_and_keeps_who_is_there(
    region: RunningRegion, ssm: Any
) -> None:
    made = ssm.create_activation(IamRole="KioskRole", RegistrationLimit=2)
    early = SsmAgent(region.url)
    early.register(made)
    region.clock.ahead = timedelta(hours=24, seconds=1)
    late_ssm_clock = SsmAgent(region.url)

    with pytest.raises(AgentError) as expired:
        late_ssm_clock.register(made)

    assert expired.value.code == "ActivationExpired"
    region.clock.ahead = timedelta()
    assert early.role_token()["access_key_id"].startswith("ASIA")


@pytest.mark.parametrize(
    ("key", "code"),
    [("A" * 392, "InvalidPublicKey"), ("short", "ValidationException")],
)
def test_a_public_key_must_be_one(region: RunningRegion, ssm: Any, key: str, code: str) -> None:
    made = ssm.create_activation(IamRole="KioskRole")

    with pytest.raises(AgentError) as refused:
        SsmAgent(region.url).register(made, PublicKey=key)

    assert refused.value.code == code
    assert ssm.describe_activations()["ActivationList"][0]["RegistrationsCount"] == 0


def test_one_key_is_one_instance(region: RunningRegion, ssm: Any) -> None:
    made = ssm.create_activation(IamRole="KioskRole", RegistrationLimit=2)
    key = new_key()
    SsmAgent(region.url, key=key).register(made)

    with pytest.raises(AgentError) as refused:
        SsmAgent(region.url).register(made, PublicKey=public_text(key))

    assert refused.value.code == "InstanceAlreadyRegistered"


def test_the_standard_tier_ends_at_a_thousand_nodes(
    region: RunningRegion, ssm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.STANDARD_TIER_NODES == 1000
    monkeypatch.setattr(model, "STANDARD_TIER_NODES", 1)
    made = ssm.create_activation(IamRole="KioskRole", RegistrationLimit=2)
    SsmAgent(region.url).register(made)

    with pytest.raises(AgentError) as refused:
        SsmAgent(region.url).register(made)

    assert refused.value.code == "RegistrationLimitExceeded"
    assert ssm.describe_activations()["ActivationList"][0]["RegistrationsCount"] == 1

    tier = "/ssm/managed-instance/activation-tier"
    ssm.update_service_setting(SettingId=tier, SettingValue="advanced")
    assert SsmAgent(region.url).register(made)
    ssm.update_service_setting(SettingId=tier, SettingValue="standard")
    with pytest.raises(AgentError) as refused:
        SsmAgent(region.url).register({**ssm.create_activation(IamRole="KioskRole")})
    assert refused.value.code == "RegistrationLimitExceeded"


def test_the_tier_is_told_changed_and_reset(ssm: Any) -> None:
    tier = "/ssm/managed-instance/activation-tier"
    arn = f"arn:aws:ssm:eu-central-1:111122223333:servicesetting{tier}"

    def told(name: str = tier) -> tuple[str, str, str]:
        one = ssm.get_service_setting(SettingId=name)["ServiceSetting"]
        return one["SettingValue"], one["Status"], one["ARN"]

    assert told() == ("standard", "Default", arn)
    ssm.update_service_setting(SettingId=arn, SettingValue="advanced")
    assert told() == told(arn) == ("advanced", "Customized", arn)
    changed = ssm.get_service_setting(SettingId=tier)["ServiceSetting"]
    assert changed["LastModifiedUser"].endswith(":user/operator")
    assert ssm.reset_service_setting(SettingId=tier)["ServiceSetting"]["Status"] == "Default"
    assert told() == ("standard", "Default", arn)


def test_other_settings_and_tiers_are_none(ssm: Any) -> None:
    with pytest.raises(ClientError) as refused:
        ssm.get_service_setting(SettingId="/ssm/documents/console/public-sharing-permission")
    assert refusal(refused) == ("ServiceSettingNotFound", 400)
    with pytest.raises(ClientError) as refused:
        ssm.update_service_setting(
            SettingId="/ssm/managed-instance/activation-tier", SettingValue="golden"
        )
    assert refusal(refused) == ("ValidationException", 400)
