"""An error of a server in other words, where more is known than the fault alone says."""

from __future__ import annotations

from mi.errors import MIError, error_for

__all__ = ["retold"]


def retold(error: MIError, message: str, advice: str) -> MIError:
    """Return an error that says this, and has everything else, the server's own instance too."""
    return error_for(
        error.result,
        message,
        category=error.category,
        native_code=error.native_code,
        native_type=error.native_type,
        advice=advice,
        extended_error=error.extended_error,
    )
