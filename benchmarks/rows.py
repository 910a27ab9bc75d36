"""A row of the results: ours, the baseline, their ratio, and what must be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """The bound of a ratio, or of ours in its own unit: times from above, rates from below."""

    bound: float
    at_most: bool
    unit: str = ""
    """Empty for a ratio."""

    def is_met(self, value: float) -> bool:
        """Say whether a value keeps to the bound."""
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g} {self.unit}".rstrip()


def at_most(ratio: float) -> Target:
    """Return the target of a time or a size."""
    return Target(ratio, at_most=True)


def no_more_than(bound: float, unit: str) -> Target:
    """Return the target of a figure that is bounded whatever the baseline needs."""
    return Target(bound, at_most=True, unit=unit)


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
        return self.target.is_met(self.ours if self.target.unit else self.ratio)

    def to_json(self) -> dict[str, Any]:
        """Return the row of `results.json`; the target is its bare figure, of `target_of`."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": round(self.ours, 4),
            "baseline": round(self.baseline, 4),
            "baseline_name": self.baseline_name,
            "ratio": round(self.ratio, 4),
            "target": self.target.bound,
            "target_of": "ours" if self.target.unit else "ratio",
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
