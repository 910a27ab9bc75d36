"""How quick keys of a scanner are, and how quick a person's. In seconds."""

from typing import Final

MAX_GAP_S: Final = 0.4
"""Between two keys of what may become a scan. Longer is a person. A person's next key is no part of
the prefix as a rule and gives back at once what was held, so that nobody waits for this."""
MAX_MEAN_GAP_S: Final = 0.04
"""Of a whole scan, on average: 25 keys a second, twice a fast typist."""
