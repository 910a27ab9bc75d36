"""Names of files and units on a venue host."""

from typing import Final

from kiosk_agent import unit_names

AGENT_SETTINGS: Final = "/etc/eventpro/agent.toml"
SUPERVISOR_SETTINGS: Final = "/etc/eventpro/supervisor.toml"
BUNDLE_KEYS: Final = "/etc/eventpro/bundle-keys.d"
"""Public keys that verify bundles, in PEM; the package brings them."""
ISSUE: Final = "/etc/issue.d/eventpro.issue"
"""What the login says above itself."""
DONE: Final = "/var/lib/eventpro/bootstrapped"
"""That this host sells: kiosk-bootstrap.service starts no more."""
INSTALLER: Final = "/var/lib/eventpro/installer/ecs-anywhere-install.sh"
INSTALLER_LOG: Final = "/var/lib/eventpro/installer/last-run.txt"
"""What it said the last time."""
INSTALLER_SIGNATURE: Final = f"{INSTALLER}.asc"
CREDENTIALS: Final = "/root/.aws/credentials"
ADMIN_SOCKET: Final = "/run/eventpro/admin.sock"
SUPERVISOR_SOCKET: Final = "/run/eventpro-supervisor/supervisor.sock"
DOCKER_PENDING: Final = "/run/eventpro-docker-pending"
"""That Docker has new settings and runs with the old: gone with a boot, which starts it anew."""
UNITS: Final = (unit_names.SUPERVISOR, unit_names.AGENT)
"""Ours, in the order of their start."""
SSM_UNIT: Final = unit_names.SSM_AGENT
ECS_UNIT: Final = unit_names.ECS
CONSOLE: Final = "/dev/tty1"
"""The first screen: the kiosk's, in place of the login, once this host is one."""
CONSOLE_UNIT: Final = "kiosk-console@tty1"
LOGIN_UNIT: Final = "getty@tty1"
ECS_INIT: Final = "/usr/libexec/amazon-ecs-init"
ECS_DATA: Final = "/var/lib/ecs/data"
ECS_INIT_CONFIG: Final = "/var/lib/ecs/ecs.config"
