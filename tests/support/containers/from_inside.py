"""What a program in the kiosk UI's container sees and may do there, as JSON."""

FROM_INSIDE = """
import json, os, time
status = dict(line.split(":\\t", 1) for line in open("/proc/1/status").read().splitlines())
def refused(act, *given):
    try:
        act(*given)
    except OSError as error:
        return error.strerror
    return ""
print(json.dumps({
    "ids": [status["Uid"].split(), status["Gid"].split(), status["Groups"].split()],
    "capabilities": [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "no_new_privileges": status["NoNewPrivs"],
    "seccomp": status["Seccomp"],
    "networks": sorted(os.listdir("/sys/class/net")),
    "routes": open("/proc/net/route").read().splitlines()[1:],
    "writing": [refused(open, path, "w") for path in (
        "/new", "/tmp/new", "/opt/eventpro/ui/new", "/run/eventpro/new", "/var/tmp/new")],
    "removing": refused(os.unlink, "/run/eventpro/ui.sock"),
    "admin": refused(__import__("socket").socket(1).connect, "/run/eventpro/admin.sock"),
    "becoming_root": refused(os.setuid, 0),
    "zone": time.tzname[0],
    "terminal": [os.environ["TERM"], os.environ["LANG"], os.isatty(0)],
}))
"""
