"""The schemes that a server offers over HTTP, and what it means that one is not among them."""

from __future__ import annotations

import re

from mi.errors import AuthenticationFailed
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.endpoint import Address

__all__ = ["is_offered", "not_offered", "schemes_in"]

# A scheme's name is followed by a token, a comma or the end; a parameter's by an equals sign.
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9_-]*)(?=\s+[^=\s]|\s*(?:,|$))")
_OFFER = "WWW-Authenticate"


def is_offered(scheme: str, answer: Answer) -> bool:
    """Whether a 401 offers `scheme`; one that offers nothing at all takes none back."""
    schemes = _schemes(answer)
    return not schemes or scheme.lower() in (name.lower() for name in schemes)


def not_offered(scheme: str, answer: Answer, address: Address) -> Rejected:
    """Return the rejection of a scheme; no credential was looked at."""
    schemes = ", ".join(_schemes(answer)) or "nothing"
    return Rejected(
        AuthenticationFailed(
            f"{address.authority} does not take {scheme}; it offers {schemes}",
            advice=f"Allow {scheme} on the server, or pass credentials with another scheme=.",
        ),
        is_refusal=False,
    )


def schemes_in(offers: str) -> list[str]:
    """Return the schemes that a header with challenges names, in its order."""
    return _SCHEME.findall(offers)


def _schemes(answer: Answer) -> list[str]:
    return schemes_in(answer.headers.get(_OFFER, ""))
