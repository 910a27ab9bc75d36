"""GetServiceSetting, UpdateServiceSetting, ResetServiceSetting: the tier of managed instances.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateServiceSetting.html
"""

from typing import Any, Final

from local_region.ssm.model import ACTIVATION_TIER, Setting, SsmState
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_TIERS: Final = ("standard", "advanced")


class ServiceSettings:
    """The one setting that is served: `/ssm/managed-instance/activation-tier`."""

    def __init__(self, state: SsmState, account: str, region: str) -> None:
        self._state = state
        self._prefix = f"arn:aws:ssm:{region}:{account}:servicesetting"

    def get(self, call: Call) -> dict[str, Any]:
        """Tell a setting."""
        return {"ServiceSetting": self._told(self._named(call), call)}

    def update(self, call: Call) -> dict[str, Any]:
        """Change a setting."""
        name, value = self._named(call), call.params["SettingValue"]
        if value not in _TIERS:
            raise AwsError("ValidationException", f"{value} is none of {', '.join(_TIERS)}.")
        self._state.settings[name] = Setting(value=value, at=call.now, by=call.caller.arn)
        return {}

    def reset(self, call: Call) -> dict[str, Any]:
        """Put a setting back to its default, and tell it."""
        name = self._named(call)
        self._state.settings.pop(name, None)
        return {"ServiceSetting": self._told(name, call)}

    def _named(self, call: Call) -> str:
        """Return the setting's name; it may be given as an ARN as well."""
        name: str = call.params["SettingId"].removeprefix(self._prefix)
        if name != ACTIVATION_TIER:
            raise AwsError("ServiceSettingNotFound", f"local_region has no setting {name}.")
        return name

    def _told(self, name: str, call: Call) -> dict[str, Any]:
        known = self._state.settings.get(name)
        return {
            "SettingId": name,
            "SettingValue": known.value if known else _TIERS[0],
            "LastModifiedDate": known.at if known else call.now,
            "LastModifiedUser": known.by if known else "System",
            "ARN": f"{self._prefix}{name}",
            "Status": "Customized" if known else "Default",
        }
