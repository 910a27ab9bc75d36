"""Whatever departs from AWS's own models is caught, in requests and in answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from local_region.ecs.model import EcsState
from local_region.ecs.places import Places
from local_region.ecs.ports import NobodyConnected
from local_region.ecs.service import ecs_service
from local_region.ecs.tasks import Tasks
from local_region.identity.credentials import Credentials, IdentityState
from local_region.ids import Ids
from local_region.ssm.activations import Activations
from local_region.ssm.agent import AgentCalls
from local_region.ssm.instances import Instances
from local_region.ssm.model import SsmState
from local_region.ssm.ports import AnyRole
from local_region.ssm.run_command import RunCommand
from local_region.ssm.service import ssm_service
from local_region.ssm.settings import ServiceSettings
from local_region.sts.service import sts_service
from local_region.wire.errors import AwsError
from local_region.wire.models import AdditionClashError, with_additions
from local_region.wire.service import Service
from local_region.wire.shapes import compiled, flaws
from tests.support.http import Answer, ask
from tests.support.region import RunningRegion, running_region

FRUIT = {
    "metadata": {"protocol": "json", "apiVersion": "2026-01-01", "endpointPrefix": "fruit"},
    "operations": {},
    "shapes": {
        "Basket": {
            "type": "structure",
            "required": ["name"],
            "members": {
                "name": {"shape": "Name"},
                "kind": {"shape": "Kind"},
                "count": {"shape": "Count"},
                "weight": {"shape": "Weight"},
                "fresh": {"shape": "Fresh"},
                "picked": {"shape": "Picked"},
                "notes": {"shape": "Notes"},
                "labels": {"shape": "Labels"},
            },
        },
        "Name": {"type": "string", "min": 2, "max": 5, "pattern": "[\\p{L}\\p{N}-]+"},
        "Kind": {"type": "string", "enum": ["apple", "pear"]},
        "Count": {"type": "integer", "min": 1, "max": 9},
        "Weight": {"type": "double"},
        "Fresh": {"type": "boolean"},
        "Picked": {"type": "timestamp"},
        "Notes": {"type": "list", "member": {"shape": "Name"}, "max": 2},
        "Labels": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Name"}, "max": 1},
    },
}
BASKET = ServiceModel(FRUIT, "fruit").shape_for("Basket")


def found(value: Any, **allowed: Any) -> list[str]:
    return [str(flaw) for flaw in flaws(value, BASKET, **allowed)]


def test_a_value_that_fits_has_no_flaws() -> None:
    full = {
        "name": "Äpfel",
        "kind": "apple",
        "count": 9,
        "weight": 1,
        "fresh": True,
        "picked": datetime.now(UTC),
        "notes": ["ab", "cd"],
        "labels": {"ab": "cd"},
    }

    assert found(full) == []
    assert found({**full, "picked": 1.5}) == []


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"colour": "red"}, "colour: is no member of Basket"),
        ({"name": "a"}, "name: is 1 characters; the least is 2"),
        ({"name": "abcdef"}, "name: is 6 characters; the most is 5"),
        ({"name": "a b"}, "name: is 'a b', which does not fit the pattern [\\p{L}\\p{N}-]+"),
        ({"name": 12}, "name: must be a string, not int"),
        ({"kind": "plum"}, "kind: is 'plum'; it must be one of apple, pear"),
        ({"count": 0}, "count: is 0; the least is 1"),
        ({"count": 10}, "count: is 10; the most is 9"),
        ({"count": True}, "count: must be a integer, not bool"),
        ({"count": 1.5}, "count: must be a integer, not float"),
        ({"fresh": 1}, "fresh: must be a boolean, not int"),
        ({"picked": "today"}, "picked: must be a timestamp, not str"),
        ({"notes": "ab"}, "notes: must be a list, not str"),
        ({"notes": ["ab", "cd", "ef"]}, "notes: is 3 items; the most is 2"),
        ({"notes": ["a"]}, "notes[0]: is 1 characters; the least is 2"),
        ({"labels": ["ab"]}, "labels: must be a map, not list"),
        ({"labels": {"a": "cd"}}, "labels.a: is 1 characters; the least is 2"),
        ({"labels": {"ab": "c"}}, "labels.ab: is 1 characters; the least is 2"),
        ({"labels": {"ab": "cd", "ef": "gh"}}, "labels: is 2 entries; the most is 1"),
    ],
)
def test_every_kind_of_flaw_is_found(change: dict[str, Any], flaw: str) -> None:
    assert found({"name": "ab", **change}) == [flaw]


def test_what_is_required_must_be_there() -> None:
    assert found({}) == ["name: is required and missing"]
    assert found([]) == ["request: must be a structure, not list"]


def test_a_bound_that_aws_does_not_keep_is_let_pass_by_its_name_alone() -> None:
    allowed = frozenset({("Count", "min")})

    assert found({"name": "ab", "count": 0}, allowed=allowed) == []
    assert found({"name": "ab", "count": 10}, allowed=allowed) != []
    assert found({"name": "a"}, allowed=allowed) != []


def services() -> list[Service]:
    ids, ssm = Ids(), SsmState()
    credentials = Credentials(IdentityState(), ids)
    places = Places(EcsState(), "111122223333", "eu-central-1")
    nobody = NobodyConnected()
    return [
        sts_service(),
        ecs_service(places, ids, nobody, Tasks(places, ids, nobody)),
        ssm_service(
            Activations(ssm, ids, AnyRole(), "111122223333"),
            Instances(ssm),
            ServiceSettings(ssm, "111122223333", "eu-central-1"),
            RunCommand(ssm, ids),
            AgentCalls(ssm, ids, credentials),
        ),
    ]


def shapes_under(shape: Shape | None) -> Iterator[Shape]:
    match shape:
        case StructureShape():
            for member in shape.members.values():
                yield from shapes_under(member)
        case ListShape():
            yield from shapes_under(shape.member)
        case MapShape():
            yield from shapes_under(shape.key)
            yield from shapes_under(shape.value)
        case Shape():
            yield shape


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_every_operation_is_in_the_model_and_its_patterns_can_be_read(service: Service) -> None:
    for name in service.operations:
        modelled = service.modelled(name)
        assert modelled is not None, name
        for whole in (modelled.input_shape, modelled.output_shape):
            for shape in shapes_under(whole):
                assert compiled(shape.metadata.get("pattern", "."))


def test_what_we_added_is_in_no_public_model() -> None:
    clash = {"operations": {"CreateActivation": {}}}

    with pytest.raises(AdditionClashError, match="CreateActivation"):
        with_additions({"operations": {"CreateActivation": {}}, "shapes": {}}, clash)
    with pytest.raises(AdditionClashError, match="name"):
        with_additions(FRUIT, {"members": {"Basket": {"name": {"shape": "Name"}}}})


def call(region: RunningRegion, operation: str, params: Any) -> Any:
    """Call with parameters that botocore itself would not send."""
    client = region.client(
        "ssm", config=Config(parameter_validation=False, retries={"total_max_attempts": 1})
    )
    client.meta.events.register(
        f"before-sign.ssm.{operation}",
        lambda request, **_: setattr(request, "data", json.dumps(params).encode()),
    )
    return client._make_api_call(operation, {})


@pytest.mark.parametrize(
    ("params", "code", "word"),
    [
        ({}, "ValidationException", "IamRole: is required and missing"),
        ({"IamRole": "R", "Colour": "red"}, "ValidationException", "Colour: is no member"),
        ({"IamRole": "R" * 65}, "ValidationException", "the most is 64"),
        ({"IamRole": 5}, "SerializationException", "IamRole: must be a string"),
        ({"IamRole": "R", "Tags": [{"Key": "a"}]}, "ValidationException", "Tags[0].Value"),
        ([], "SerializationException", "JSON object"),
    ],
)
def test_a_request_that_departs_from_the_model_is_refused(
    region: RunningRegion, params: Any, code: str, word: str
) -> None:
    with pytest.raises(ClientError) as refused:
        call(region, "CreateActivation", params)

    assert refused.value.response["Error"]["Code"] == code
    assert word in str(refused.value)
    assert not region.client("ssm").describe_activations()["ActivationList"]


def test_a_member_that_is_null_is_not_there(region: RunningRegion) -> None:
    assert call(region, "CreateActivation", {"IamRole": "R", "Description": None})["ActivationId"]


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"ActivationId": "no uuid", "ActivationCode": "A" * 20}, "ActivationId"),
        ({"ActivationCode": "A" * 20, "Extra": 1}, "Extra: is no member"),
        ({"ActivationCode": "A" * 300}, "ActivationCode"),
    ],
)
def test_an_answer_that_departs_from_the_model_is_a_500(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: dict[str, Any],
    word: str,
) -> None:
    monkeypatch.setattr(Activations, "describe", lambda *_: {"ActivationList": [answer]})

    with running_region() as region, pytest.raises(ClientError) as refused:
        region.client("ssm").describe_activations()

    assert refused.value.response["Error"]["Code"] == "InternalFailure"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "local_region drifts" in str(refused.value)
    logged = "".join(capsys.readouterr())
    assert "drift" in logged
    assert word in logged


def test_an_error_that_the_model_does_not_know_is_a_500(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise AwsError("InvalidColour", "there is no such error")

    monkeypatch.setattr(Activations, "describe", refuse)

    with running_region() as region, pytest.raises(ClientError) as refused:
        region.client("ssm").describe_activations()

    assert refused.value.response["Error"]["Code"] == "InternalFailure"
    assert "has no error InvalidColour" in str(refused.value)


def raw(region: RunningRegion, target: str, body: bytes = b"{}") -> Answer:
    headers = [("X-Amz-Target", target), ("Content-Type", "application/x-amz-json-1.1")]
    return ask(region.url, method="POST", headers=headers, body=body)


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ("AmazonSSM.NoSuchThing", "NoSuchThing is no operation"),
        ("AmazonSSM.PutParameter", "PutParameter is not served by local_region"),
        ("Amazon.Nothing", "serves nothing for Amazon.Nothing"),
        ("CreateActivation", "serves nothing"),
    ],
)
def test_an_operation_that_nobody_serves_is_unknown(
    region: RunningRegion, target: str, word: str
) -> None:
    answer = raw(region, target)

    assert answer.status == 400
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    told = json.loads(answer.body)
    assert told["__type"] == "UnknownOperationException"
    assert word in told["message"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_told_so(region: RunningRegion, body: bytes) -> None:
    answer = raw(region, "AmazonSSM.RegisterManagedInstance", body)

    assert answer.status == 400
    assert json.loads(answer.body)["__type"] == "SerializationException"


def test_an_unsigned_request_is_told_so_in_json(region: RunningRegion) -> None:
    answer = raw(region, "AmazonSSM.CreateActivation")

    assert answer.status == 400
    assert json.loads(answer.body)["__type"] == "MissingAuthenticationTokenException"


def test_a_signature_that_cannot_be_read_is_told_so(region: RunningRegion) -> None:
    headers = [("X-Amz-Target", "AmazonSSM.CreateActivation"), ("Authorization", "Basic eDp5")]

    answer = ask(region.url, method="POST", headers=headers, body=b"{}")

    assert json.loads(answer.body)["__type"] == "IncompleteSignatureException"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"aws_access_key_id": "AKIAUNKNOWNUNKNOWN00"}, "UnrecognizedClientException"),
        ({"aws_secret_access_key": "wrong"}, "InvalidSignatureException"),
        ({"region_name": "eu-west-1"}, "InvalidSignatureException"),
    ],
)
def test_json_services_have_codes_of_their_own_for_wrong_signatures(
    region: RunningRegion, change: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        region.client("ssm", **change).describe_activations()

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_target_beyond_ascii_is_no_request(region: RunningRegion) -> None:
    assert ask(f"{region.url}/%C3%BC").status == 400
    line = ask(region.url, headers=[("Host", "sts.amazonaws.com")])
    assert b"<Code>MissingAction</Code>" in line.body
