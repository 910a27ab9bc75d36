"""What the SSM agent itself calls. In no public model: `agent_model.json` has its own.

Errors and their causes are read from the agent's SDK (`amazon-ssm-agent`,
`vendor/github.com/aws/aws-sdk-go/service/ssm/api.go`).
"""

from datetime import timedelta
from typing import Any, Final

from local_region.identity.credentials import Credentials
from local_region.ids import Ids, unused
from local_region.ssm.instance_keys import public_key_of
from local_region.ssm.model import (
    STANDARD_TIER_NODES,
    Activation,
    ManagedInstance,
    SsmState,
    tags_of,
    unknown_instance,
)
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

TOKEN_LIFE: Final = timedelta(hours=1)


class AgentCalls:
    """Registers instances, gives them credentials, hears their pings."""

    def __init__(self, state: SsmState, ids: Ids, credentials: Credentials) -> None:
        self._state = state
        self._ids = ids
        self._credentials = credentials

    def register(self, call: Call) -> dict[str, Any]:
        """Make a managed instance and use one registration up."""
        activation = self._open_activation(call)
        key = _checked_key(call.params["PublicKey"])
        if any(known.public_key == key for known in self._state.instances.values()):
            raise AwsError("InstanceAlreadyRegistered", "")
        if self._state.full():
            raise AwsError(
                "RegistrationLimitExceeded",
                f"The standard tier has {STANDARD_TIER_NODES} nodes per account and region.",
            )
        instance_id = unused(self._ids.managed_instance_id, self._state.instances)
        self._state.instances[instance_id] = ManagedInstance(
            instance_id=instance_id,
            activation_id=activation.activation_id,
            role=activation.role,
            registered=call.now,
            public_key=key,
            fingerprint=call.params["Fingerprint"],
            name=activation.instance_name,
            tags=activation.tags | tags_of(call.params.get("Tags", [])),
        )
        activation.registered += 1
        return {"InstanceId": instance_id}

    def role_token(self, call: Call) -> dict[str, Any]:
        """Give the role's credentials for an hour."""
        instance = self._of_caller(call)
        if call.params["Fingerprint"] != instance.fingerprint:
            raise AwsError("MachineFingerprintDoesNotMatch", "")
        expires = (call.now + TOKEN_LIFE).replace(microsecond=0)
        given = self._credentials.for_session(call.caller, expires, call.now)
        return {
            "AccessKeyId": given.access_key_id,
            "SecretAccessKey": given.secret_key,
            "SessionToken": given.token or "",
            "TokenExpirationDate": expires,
            "UpdateKeyPair": False,
        }

    def new_key(self, call: Call) -> dict[str, Any]:
        """Take another key in the place of the one that signed this call."""
        instance = self._of_caller(call)
        instance.public_key = _checked_key(call.params["NewPublicKey"])
        return {}

    def ping(self, call: Call) -> dict[str, Any]:
        """Note that an instance is there, and what it tells of itself."""
        instance = self._state.instances.get(call.params["InstanceId"])
        if instance is None or call.caller.managed_instance_id != instance.instance_id:
            raise unknown_instance(call.params["InstanceId"])
        instance.last_ping = call.now
        for told, name in _REPORTED.items():
            if told in call.params:
                setattr(instance, name, call.params[told])
        return {}

    def _open_activation(self, call: Call) -> Activation:
        activation = self._state.activations.get(call.params.get("ActivationId", ""))
        if activation is None or not activation.opens_with(call.params.get("ActivationCode", "")):
            raise AwsError("InvalidActivation", "")
        if activation.expired(call.now):
            raise AwsError("ActivationExpired", "")
        if activation.used_up():
            raise AwsError("RegistrationLimitExceeded", "")
        return activation

    def _of_caller(self, call: Call) -> ManagedInstance:
        return self._state.instances[call.caller.managed_instance_id or ""]


_REPORTED: Final = {
    "AgentVersion": "agent_version",
    "PlatformType": "platform_type",
    "PlatformName": "platform_name",
    "PlatformVersion": "platform_version",
    "IPAddress": "ip_address",
    "ComputerName": "computer_name",
}


def _checked_key(text: str) -> str:
    try:
        public_key_of(text)
    except ValueError as error:
        raise AwsError("InvalidPublicKey", str(error)) from error
    return text
