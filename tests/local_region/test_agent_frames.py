"""What the real ECS agent sends, and its answers.

Written down from the agent's source and from the shapes of a recorded run of v1.105.1, not a
recording itself: requests with the headers of the AWS SDK for Go v2, the query of ACS as Go sorts
and escapes it, frames of ACS and TCS.
"""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from tests.support.ecs_agent import managed_instance
from tests.support.http import Answer, ask
from tests.support.region import RunningRegion
from tests.support.ssm_agent import SsmAgent

REGISTER = """{"attributes":[{"name":"kiosk.name","value":"till-1"},
{"name":"com.amazonaws.ecs.capability.privileged-container"},
{"name":"com.amazonaws.ecs.capability.docker-remote-api.1.44"},
{"name":"ecs.capability.external"},{"name":"ecs.capability.container-restart-policy"},
{"name":"ecs.os-type","value":"linux"},{"name":"ecs.os-family","value":"LINUX"}],
"clientToken":"5f0a8d5e-8d0b-4d4c-9d1e-2f5d1a6b7c8d","cluster":"kiosks",
"instanceIdentityDocument":"","instanceIdentityDocumentSignature":"","platformDevices":[],
"totalResources":[{"integerValue":2048,"name":"CPU","type":"INTEGER"},
{"integerValue":7764,"name":"MEMORY","type":"INTEGER"},
{"name":"PORTS","stringSetValue":["22","2375","2376","51678","51679"],"type":"STRINGSET"},
{"name":"PORTS_UDP","stringSetValue":[],"type":"STRINGSET"}],
"versionInfo":{"agentHash":"a8b3e7d3","agentVersion":"1.105.1",
"dockerVersion":"DockerVersion: 28.2.2"}}"""
ACS_QUERY = (
    "agentHash=a8b3e7d3&agentVersion=1.105.1&clusterArn=kiosks&containerInstanceArn={arn}"
    "&dockerVersion=28.2.2&protocolVersion=2&sendCredentials=true&seqNum=1"
)
TCS_QUERY = "agentHash=a8b3e7d3&agentVersion=1.105.1&cluster=kiosks&containerInstance={arn}"
TCS_FRAME = (
    "Authorization: AWS4-HMAC-SHA256 Credential=x/y, SignedHeaders=host, Signature=z\r\n"
    "Host: 127.0.0.1\r\nX-Amz-Date: 20261126T100000Z\r\n\r\n"
    '{{"type":"{kind}","message":{message}}}'
)


class Agent:
    """One host's credentials, and requests as the agent's SDK writes them."""

    def __init__(self, region: RunningRegion, host: SsmAgent) -> None:
        self.region = region
        issued = host.role_token()
        self.keys = Credentials(
            issued["access_key_id"], issued["secret_access_key"], issued["session_token"]
        )

    def call(self, operation: str, body: str) -> Answer:
        """Post as the SDK for Go does, with its own headers signed as well."""
        headers = {
            "Amz-Sdk-Invocation-Id": "0b8e3d1e-5d0f-4f3e-8a55-0c7f4d5a3b21",
            "Amz-Sdk-Request": "attempt=1; max=3",
            "Content-Length": str(len(body)),
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
        }
        signed = self.signed(f"{self.region.url}/", "POST", body, headers)
        sent = [*signed.items(), ("User-Agent", "amazon-ecs-agent (linux)")]
        return ask(f"{self.region.url}/", method="POST", headers=sent, body=body.encode())

    def signed(
        self, url: str, method: str = "GET", body: str = "", headers: dict[str, str] | None = None
    ) -> dict[str, str]:
        """Return headers with a signature."""
        request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
        SigV4Auth(self.keys, "ecs", "eu-central-1").add_auth(request)
        return dict(request.headers.items())


@pytest.fixture
def agent(region: RunningRegion) -> Agent:
    region.client("ecs").create_cluster(clusterName="kiosks")
    return Agent(region, managed_instance(region))


def registered(agent: Agent) -> dict[str, Any]:
    answer = agent.call("RegisterContainerInstance", REGISTER)
    assert answer.status == 200, answer.body
    told: dict[str, Any] = json.loads(answer.body)["containerInstance"]
    return told


def test_the_agents_registration_is_taken_and_echoed(agent: Agent) -> None:
    told = registered(agent)

    sent = json.loads(REGISTER)["attributes"]
    assert [one for one in sent if one not in told["attributes"]] == []
    assert isinstance(told["registeredAt"], float)
    assert told["registeredResources"] == json.loads(REGISTER)["totalResources"]


def test_the_agents_calls_after_it_are_answered(agent: Agent) -> None:
    arn = registered(agent)["containerInstanceArn"]
    discover = json.dumps({"cluster": "kiosks", "containerInstance": arn, "zoneId": ""})
    again = json.loads(REGISTER) | {"containerInstanceArn": arn}
    again["attributes"] = again["attributes"][1:]

    found = json.loads(agent.call("DiscoverPollEndpoint", discover).body)
    second = agent.call("RegisterContainerInstance", json.dumps(again))

    assert set(found) == {"endpoint", "telemetryEndpoint"}
    assert found["endpoint"].endswith("/")
    told = json.loads(second.body)["containerInstance"]
    assert {"name": "kiosk.name", "value": "till-1"} in told["attributes"]


def test_a_report_of_a_task_that_is_none_is_refused(agent: Agent) -> None:
    report = {
        "cluster": "kiosks",
        "containers": [
            {
                "containerName": "ui",
                "exitCode": 0,
                "networkBindings": [],
                "runtimeId": "0" * 64,
                "status": "STOPPED",
            }
        ],
        "executionStoppedAt": 1795709481.283,
        "reason": "Essential container in task exited",
        "status": "STOPPED",
        "task": "arn:aws:ecs:eu-central-1:111122223333:task/kiosks/" + "0" * 32,
    }

    answer = agent.call("SubmitTaskStateChange", json.dumps(report))

    assert answer.status == 400
    assert json.loads(answer.body)["__type"] == "InvalidParameterException"


async def test_the_agents_lines_are_opened_and_their_frames_answered(
    region: RunningRegion, agent: Agent
) -> None:
    arn = (await asyncio.to_thread(registered, agent))["containerInstanceArn"]
    async with aiohttp.ClientSession() as session:
        acs_url = f"{region.url}/acs/ws?{ACS_QUERY.format(arn=quote(arn, safe=''))}"
        asked = URL(acs_url, encoded=True)
        async with session.ws_connect(asked, headers=agent.signed(acs_url)) as acs:
            heartbeat = json.loads(await acs.receive_str())
            manifest = json.loads(await acs.receive_str())
            ack = {"messageId": heartbeat["message"]["messageId"]}
            await acs.send_str(json.dumps({"type": "HeartbeatAckRequest", "message": ack}))
        tcs_url = f"{region.url}/tcs/ws?{TCS_QUERY.format(arn=quote(arn, safe=''))}"
        asked = URL(tcs_url, encoded=True)
        async with session.ws_connect(asked, headers=agent.signed(tcs_url)) as tcs:
            first = json.loads(await tcs.receive_str())
            status = '{"metadata":{"requestId":"r"},"statuses":[{"type":"CONTAINER_RUNTIME",'
            status += '"status":"OK","lastUpdated":1795709481}],"timestamp":1795709481}'
            frame = TCS_FRAME.format(kind="PublishInstanceStatusRequest", message=status)
            await tcs.send_str(frame)
            answer = json.loads(await tcs.receive_str())
    assert heartbeat["type"] == first["type"] == "HeartbeatMessage"
    assert set(heartbeat["message"]) == {"healthy", "messageId"}
    assert manifest["type"] == "TaskManifestMessage"
    assert set(manifest["message"]) >= {"clusterArn", "containerInstanceArn", "timeline", "tasks"}
    assert answer["type"] == "AckPublishInstanceStatus"
