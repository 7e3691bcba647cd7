"""What a benchmark measures, and how: medians of interleaved rounds, and the target beside them.

Candidates that are compared run in turn within one round, so that whatever else the machine does
falls on all of them; a figure that compares is a ratio of medians from one run. Work that never
waits is measured in the processor's time: on a busy machine the clock's would favour the short.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

__all__ = ["Figure", "interleaved"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number and what it should be."""

    name: str
    value: float
    unit: str
    target: float
    higher_is_better: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return self.value >= self.target if self.higher_is_better else self.value <= self.target

    def __str__(self) -> str:
        bound = "at least" if self.higher_is_better else "at most"
        verdict = "met" if self.is_met else "MISSED"
        value = f"{self.value:10.2f} {self.unit:<11}"
        return f"{self.name:<22} {value} target: {bound} {self.target:g}  {verdict}"


def interleaved(
    candidates: Mapping[str, Callable[[], object]],
    rounds: int,
    repeat: int = 1,
    *,
    waits: bool = False,
) -> dict[str, float]:
    """Return the median seconds of each candidate, over rounds in which each runs in turn.

    Args:
        candidates: what to call, by name.
        rounds: how often each is timed.
        repeat: how often it is called each time.
        waits: whether it waits for another process, so that only the clock can tell.
    """
    now = perf_counter if waits else process_time
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for candidate in candidates.values():
        candidate()
    gc.collect()
    for _ in range(rounds):
        for name, candidate in candidates.items():
            start = now()
            for _ in range(repeat):
                candidate()
            taken[name].append((now() - start) / repeat)
    return {name: median(times) for name, times in taken.items()}
