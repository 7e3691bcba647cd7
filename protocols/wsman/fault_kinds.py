"""Kinds of faults, by their numbers: what is over with one, and what may be asked again."""

from __future__ import annotations

from typing import Final

from protocols.meanings.numbers import NUMBERS

__all__ = ["CLOSED", "KEEPS_CONTEXT", "QUOTAS", "TIMEOUTS"]


def _numbers(*names: str) -> frozenset[int]:
    return frozenset(NUMBERS[name] for name in names)


CLOSED: Final = _numbers(
    "SUBSCRIPTION_CLOSED",
    "SUBSCRIPTION_CLOSE_IN_PROGRESS",
    "SUBSCRIPTION_CLIENT_DID_NOT_CALL_WITHIN_HEARTBEAT",
    "SUBSCRIPTION_NO_HEARTBEAT",
    "EVENTING_FAST_SENDER",
    "EVENTING_DELIVERYFAILED_FROMSOURCE",
    "EVENTING_SUBSCRIPTION_CANCELLED_BYSOURCE",
    "ENUMERATION_CLOSED",
    "ENUMERATION_INVALID",
    "INVALID_ENUMERATION_CONTEXT",
)
"""The server closed the subscription, lost it, or forgot it; another may take its place."""

TIMEOUTS: Final = _numbers("OPERATION_TIMEDOUT", "ENUMERATE_TIMED_OUT")
"""The server's time for the request ran out."""

QUOTAS: Final = _numbers(
    "QUOTA_LIMIT",
    "QUOTA_MAX_OPERATIONS",
    "QUOTA_USER",
    "QUOTA_SYSTEM",
    "QUOTA_MAX_USERS_PPQ",
    "QUOTA_MAX_PLUGINOPERATIONS_PPQ",
    "QUOTA_MAX_OPERATIONS_USER_PPQ",
)
"""The request was not begun, and may be once others have ended."""

KEEPS_CONTEXT: Final = (
    TIMEOUTS
    | QUOTAS
    | _numbers(
        "PULL_IN_PROGRESS",
        "UNSUPPORTED_TIMEOUT",
        "INVALID_MESSAGE_INFORMATION_HEADER",
        "MESSAGE_INFORMATION_HEADER_REQUIRED",
        "INVALID_HEADER",
        "INVALID_TIMEOUT_HEADER",
        "SOAP_FAULT_MUST_UNDERSTAND",
        "INVALID_SOAP_BODY",
        "INVALID_XML",
        "INVALID_OPTIONSET",
        "SCHEMA_VALIDATION_ERROR",
        "PULL_PARAMS_NOT_SAME_AS_ENUM",
        "CONCURRENCY",
        "ENUMERATION_INITIALIZING",
        "ENCODING_LIMIT",
        "ENVELOPE_TOO_LARGE",
        "MAX_ENVELOPE_SIZE",
        "MAX_ENVELOPE_SIZE_EXCEEDED",
        "SERVER_ENVELOPE_LIMIT",
        "MIN_ENVELOPE_SIZE",
        "UNREPORTABLE_SUCCESS",
        "QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ",
    )
)
"""The enumeration lives on, and can be pulled or released.

A Pull refused for what it asks, for a quota or for the size of the answer has not touched it:
openwsman goes on behind the items that were too large, and all want a Release.
"""
