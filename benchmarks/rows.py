"""A row of the results: ours, the baseline, their ratio, and the ratio that must be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """The bound of a ratio: times are bounded from above, rates from below."""

    ratio: float
    at_most: bool

    def is_met(self, ratio: float) -> bool:
        """Say whether a ratio keeps to the bound."""
        return ratio <= self.ratio if self.at_most else ratio >= self.ratio

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.ratio:g}"


def at_most(ratio: float) -> Target:
    """Return the target of a time or a size."""
    return Target(ratio, at_most=True)


def at_least(ratio: float) -> Target:
    """Return the target of a rate."""
    return Target(ratio, at_most=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; `ours` and `baseline` are medians over `runs` runs, in `unit`."""

    name: str
    unit: str
    ours: float
    baseline: float
    baseline_name: str
    target: Target
    runs: int

    @property
    def ratio(self) -> float:
        """Return ours over baseline."""
        return self.ours / self.baseline

    @property
    def ok(self) -> bool:
        """Say whether the target is reached."""
        return self.target.is_met(self.ratio)

    def to_json(self) -> dict[str, Any]:
        """Return the row of `results.json`; the target is its bare ratio."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": round(self.ours, 4),
            "baseline": round(self.baseline, 4),
            "baseline_name": self.baseline_name,
            "ratio": round(self.ratio, 4),
            "target": self.target.ratio,
            "ok": self.ok,
            "runs": self.runs,
        }


def compare(  # noqa: PLR0913  a row has these fields
    name: str,
    unit: str,
    ours: Sequence[float],
    baseline: Sequence[float],
    *,
    baseline_name: str,
    target: Target,
) -> Row:
    """Return the row of what was measured in turn, one figure a run; ValueError if none was."""
    if len(ours) != len(baseline) or not ours:
        raise ValueError(f"{name}: {len(ours)} runs of ours, {len(baseline)} of the baseline")
    return Row(name, unit, median(ours), median(baseline), baseline_name, target, len(ours))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]
