"""Languages as WMI knows them: `MS_409` for en-US, by the number that Windows gives a locale.

The numbers are MS-LCID's, which the standard library has; the form is wszPreferredLocale's of
IWbemLevel1Login::NTLMLogin (MS-WMI 3.1.4.1.4).
"""

from __future__ import annotations

import locale
from functools import cache
from typing import Final

from mi.errors import InvalidParameter

__all__ = ["wmi_locale"]

_DEFAULT: Final = "en-US"  # so that results do not depend on the server's own language
_FAMILY: Final = 0x400  # the numbers of a language's usual country are below this, and one more


def wmi_locale(tag: str | None) -> str:
    """Return WMI's name of a language, of en-US where none is given.

    Args:
        tag: as in RFC 5646: `de-DE`, or `de` for the language in its usual country.

    Raises:
        InvalidParameter: Windows has no number for it.
    """
    number = _numbers().get((tag or _DEFAULT).lower().replace("_", "-"))
    if number is None:
        raise InvalidParameter(
            f"WMI has no number for the language {tag!r}",
            advice="Write language and country, as in ui_locale='de-DE', or leave it out.",
        )
    return f"MS_{number:X}"


@cache
def _numbers() -> dict[str, int]:
    numbers: dict[str, int] = {}
    for number, name in sorted(locale.windows_locale.items()):
        tag = name.lower().replace("_", "-")
        numbers.setdefault(tag, number)
        if number & ~0x3FF == _FAMILY:
            numbers.setdefault(tag.partition("-")[0], number)
    return numbers
