"""Whether a journal is on the host that it was on before.

A host id names what is known, e.g. `machine:ab12… product:cd34…`. What only one side knows tells
nothing: the product's id can be read by root alone.
"""


def same_host(before: str, now: str) -> bool:
    """Say whether two host ids can be of one machine. An empty one could be of any."""
    known, found = _parts(before), _parts(now)
    return all(found[name] == value for name, value in known.items() if name in found)


def _parts(host_id: str) -> dict[str, str]:
    return dict(part.split(":", 1) for part in host_id.split() if ":" in part)
