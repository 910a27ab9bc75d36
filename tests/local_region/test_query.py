"""The cluster query language, read and applied."""

import pytest

from local_region.ecs.query import QueryError, parsed

FACTS = {
    "attribute:kiosk.release": "r-1",
    "attribute:ecs.os-type": "linux",
    "attribute:flag": "",
    "agentConnected": "true",
    "agentVersion": "1.105.1",
    "ec2InstanceId": "mi-0123456789abcdef0",
    "runningTasksCount": "9",
    "registeredAt": "2026-11-26T10:00:00Z",
}


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("attribute:kiosk.release == r-1", True),
        ("attribute:kiosk.release equals r-1", True),
        ("attribute:kiosk.release == 'r-1'", True),
        ('attribute:kiosk.release == "r-2"', False),
        ("attribute:kiosk.release!=r-2", True),
        ("attribute:kiosk.release not_equals r-1", False),
        ("attribute:gone == r-1", False),
        ("attribute:gone != r-1", True),
        ("attribute:flag exists", True),
        ("attribute:gone exists", False),
        ("attribute:gone not_exists", True),
        ("attribute:flag !exists", False),
        ("attribute:kiosk.release in [r-1, r-2]", True),
        ("attribute:kiosk.release in [r-3]", False),
        ("attribute:kiosk.release not_in ['r-3']", True),
        ("attribute:kiosk.release !in [r-1]", False),
        ("attribute:ecs.os-type =~ lin.*", True),
        ("attribute:ecs.os-type matches ^win", False),
        ("attribute:ecs.os-type !~ ^win", True),
        ("runningTasksCount > 8", True),
        ("runningTasksCount > 10", False),
        ("runningTasksCount >= 9", True),
        ("runningTasksCount < 10", True),
        ("runningTasksCount less_than_equal 8", False),
        ("attribute:gone > 1", False),
        ("agentVersion > 1.99", True),
        ("agentVersion > 1.105.beta", False),
        ("attribute:ecs.os-type > 1", True),
        ("agentVersion <= 1.105.1", True),
        ("registeredAt < 2026-11-27T00:00:00Z", True),
        ("agentConnected == true and runningTasksCount == 9", True),
        ("agentConnected == false or runningTasksCount == 9", True),
        ("agentConnected == true && not runningTasksCount == 9", False),
        ("agentConnected == true || agentConnected == false && runningTasksCount == 1", True),
        ("(agentConnected == true || agentConnected == false) && runningTasksCount == 1", False),
        ("not (attribute:gone exists)", True),
        ("!(attribute:flag exists)", False),
    ],
)
def test_an_expression_says_who_fits(expression: str, fits: bool) -> None:  # noqa: FBT001  a table
    assert parsed(expression)(FACTS.get) is fits


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "colour == red",
        "attribute:a",
        "attribute:a ==",
        "attribute:a is b",
        "attribute:a == b c",
        "attribute:a in b",
        "attribute:a in [b",
        "attribute:a in [b c]",
        "(attribute:a exists",
        "attribute:a =~ '('",
        "attribute:a == 'b",
        "and",
        "attribute:a == §",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(QueryError):
        parsed(expression)
