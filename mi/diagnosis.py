"""What a diagnosis of the way to a host found: one finding for each thing that can be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mi.errors import NotFound

__all__ = ["Diagnosis", "Finding", "Verdict"]


class Verdict(StrEnum):
    """What a finding is."""

    OK = "ok"
    """As it should be."""
    WARNING = "warning"
    """It works, and there is something to know or to do."""
    FAILED = "failed"
    """It does not work, and what builds on it was not tried."""
    SKIPPED = "skipped"
    """It does not apply, cannot be found out, or was not tried."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what it is, one or two words that stay the same from one release to the next.
        verdict: what is to be thought of it.
        detail: what was seen, one line.
        advice: the one line that mends it, or None.
    """

    name: str
    verdict: Verdict
    detail: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, in the order in which it was looked at; iterating gives the findings.

    Attributes:
        destination: the host, or None for this machine.
        protocol: the protocol handler that looked.
        findings: what it found.
    """

    destination: str | None
    protocol: str
    findings: tuple[Finding, ...]

    @property
    def is_ok(self) -> bool:
        """Whether nothing failed."""
        return all(finding.verdict is not Verdict.FAILED for finding in self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __getitem__(self, name: str) -> Finding:
        """Return the finding of that name.

        Raises:
            NotFound: there is none.
        """
        for finding in self.findings:
            if finding.name == name:
                return finding
        names = ", ".join(finding.name for finding in self.findings)
        raise NotFound(f"there is no finding named {name!r}", advice=f"There are {names}.")

    def as_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {
            "destination": self.destination,
            "protocol": self.protocol,
            "ok": self.is_ok,
            "findings": [
                {
                    "name": finding.name,
                    "verdict": str(finding.verdict),
                    "detail": finding.detail,
                    "advice": finding.advice,
                }
                for finding in self.findings
            ],
        }
