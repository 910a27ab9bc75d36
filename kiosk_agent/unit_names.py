"""Names of the systemd units on a venue host, without their ending `.service`.

They are those of the ECS Anywhere installer and of Debian: https://github.com/aws/amazon-ecs-agent
(scripts/ecs-anywhere-install.sh).
"""

from typing import Final

AGENT: Final = "kiosk-agent"
SUPERVISOR: Final = "kiosk-supervisor"
SOCKET_FOLDERS: Final = "kiosk-socket-folders"
"""Ours, started for a repair: it makes the folders of sockets anew."""
LOG_VACUUM: Final = "kiosk-log-vacuum"
"""Ours, started for a repair: it drops old logs of systemd's journal."""
ERRAND: Final = "kiosk-errand@"
"""Ours, started for a command of operators, by the command's id."""
CONSOLE: Final = "kiosk-console@tty1"
BOOTSTRAP: Final = "kiosk-bootstrap"
SSM_AGENT: Final = "amazon-ssm-agent"
ECS: Final = "ecs"
DOCKER: Final = "docker"
TIME_KEEPERS: Final = ("systemd-timesyncd", "chrony", "chronyd", "ntpsec")
"""What sets the clock from the network; a host has one of them."""
