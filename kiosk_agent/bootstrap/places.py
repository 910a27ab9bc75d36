"""Names of files and units on a venue host."""

from typing import Final

AGENT_SETTINGS: Final = "/etc/eventpro/agent.toml"
SUPERVISOR_SETTINGS: Final = "/etc/eventpro/supervisor.toml"
BUNDLE_KEYS: Final = "/etc/eventpro/bundle-keys.d"
"""Public keys that verify bundles, in PEM; the package brings them."""
DONE: Final = "/var/lib/eventpro/bootstrapped"
"""That this host sells: kiosk-bootstrap.service starts no more."""
INSTALLER: Final = "/var/lib/eventpro/installer/ecs-anywhere-install.sh"
INSTALLER_LOG: Final = "/var/lib/eventpro/installer/last-run.txt"
"""What it said the last time."""
INSTALLER_SIGNATURE: Final = f"{INSTALLER}.asc"
CREDENTIALS: Final = "/root/.aws/credentials"
ADMIN_SOCKET: Final = "/run/eventpro/admin.sock"
SUPERVISOR_SOCKET: Final = "/run/eventpro-supervisor/supervisor.sock"
UNITS: Final = ("kiosk-supervisor", "kiosk-agent")
"""Ours, in the order of their start."""
SSM_UNIT: Final = "amazon-ssm-agent"
ECS_UNIT: Final = "ecs"
ECS_INIT: Final = "/usr/libexec/amazon-ecs-init"
ECS_DATA: Final = "/var/lib/ecs/data"
ECS_INIT_CONFIG: Final = "/var/lib/ecs/ecs.config"
