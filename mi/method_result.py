"""What a method gave back (the result of MI_Session_Invoke)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Self

from mi.errors import MethodFailed
from mi.names import NameMap

__all__ = ["MethodResult"]

_DENIED = re.compile(r"access\W?(?:is\W)?denied", re.IGNORECASE)
_NUMBER = re.compile(r"\s*-?\d{1,20}\s*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class MethodResult:
    """The return value of a method, and its output parameters.

    A return value other than 0 is a result like any other: whether it means a failure, the method
    alone knows. `check` is for the many methods where it does.

    Attributes:
        return_value: of the type that the method declares, or None.
        out: the output parameters by name, without case; a null one is None.
        method: the class and the method, for messages.
        meaning: what the return value stands for, where the class says so (Values, ValueMap).
        is_typed: False where values are bare text because no class was known.
    """

    return_value: Any = None
    out: NameMap[Any] = field(default_factory=NameMap)
    method: str = "the method"
    meaning: str | None = None
    is_typed: bool = True

    def check(self) -> Self:
        """Return this result if its return value is 0, or no number at all.

        Raises:
            MethodFailed: it is another number, which is the error's `native_code`.
        """
        code = self._code()
        if not code:
            return self
        meaning = "" if self.meaning is None else f": {self.meaning}"
        raise MethodFailed(
            f"{self.method} returned {code}{meaning}", native_code=code, advice=self._advice()
        )

    def _advice(self) -> str | None:
        if not _DENIED.search(self.meaning or ""):
            return None
        return (
            f"If {self.method} reaches for another host, such as a share, log on so that the server"
            " may act for you there (scheme='CredSSP', or Kerberos and delegation=True); if not,"
            " the account lacks the right to it."
        )

    def _code(self) -> int:
        value = self.return_value
        if not self.is_typed and isinstance(value, str):
            return int(value) if _NUMBER.match(value) else 0
        return 0 if isinstance(value, bool) or not isinstance(value, int) else value
