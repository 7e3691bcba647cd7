"""Why access is denied: one row for each cause, told apart by what is known where it happens.

Windows has five locks one behind another, and the same words for all of them. The service lets in
administrators and Remote Management Users; a local administrator comes without his rights; WMI asks
for rights on each namespace; the provider asks for its own; and what the provider then reaches for
on another host sees nobody, for a network logon does not go further than one hop. The number in the
fault tells some of them apart, and what was answered before tells the rest.

The first row that applies is the cause. What is refused before there is a fault, the scheme and the
credential, is `protocols.winrm.rejection`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from protocols.meanings import advice
from protocols.meanings.circumstances import Circumstances, Reach
from protocols.meanings.numbers import NUMBERS

__all__ = ["DENIALS", "Denial", "Evidence", "denial_of"]

_DENIED: Final = NUMBERS["ERROR_ACCESS_DENIED"]
_DENIED_AS_HRESULT: Final = NUMBERS["E_ACCESSDENIED"]
_AT_THE_DOOR: Final = frozenset((_DENIED, _DENIED_AS_HRESULT, NUMBERS["WMI_SVC_ACCESS_DENIED"]))
_ON_CONNECTING: Final = frozenset(
    (NUMBERS["WBEM_E_ACCESS_DENIED"], NUMBERS["WMI_CANNOT_CONNECT_ACCESS_DENIED"])
)
_BY_A_PROVIDER: Final = NUMBERS["WMI_PROVIDER_ACCESS_DENIED"]


class Evidence(NamedTuple):
    """What a fault says about a denial.

    Attributes:
        numbers: all numbers in it, nested ones too.
        is_of_wmi: whether WMI said it, so that the service has let the request pass.
        is_of_provider: whether one of WMI's providers said it, so that WMI has let it pass.
    """

    numbers: AbstractSet[int]
    is_of_wmi: bool = False
    is_of_provider: bool = False


class Denial(NamedTuple):
    """One cause.

    Attributes:
        cause: what it is.
        sign: what it is told by.
        applies: whether it is this one.
        advice: what to do about it, with the placeholders of `Circumstances.words`.
    """

    cause: str
    sign: str
    applies: Callable[[Evidence, Circumstances], bool]
    advice: str


def _is_inside(evidence: Evidence, circumstances: Circumstances) -> bool:
    """Whether the request had passed the service and the namespace."""
    return (
        evidence.is_of_provider
        or _BY_A_PROVIDER in evidence.numbers
        or (bool(evidence.numbers) and circumstances.reach is Reach.NAMESPACE)
    )


def _is_at_the_door(evidence: Evidence, circumstances: Circumstances) -> bool:
    return bool(evidence.numbers & _AT_THE_DOOR) and circumstances.reach is Reach.NOTHING


def _is_of_a_hop(evidence: Evidence, circumstances: Circumstances) -> bool:
    """Whether what was to be done may have led to another host."""
    is_apt = circumstances.method is not None or circumstances.names_share
    return is_apt and _is_inside(evidence, circumstances)


def _is_of_an_allowed_hop(evidence: Evidence, circumstances: Circumstances) -> bool:
    return circumstances.may_delegate and _is_of_a_hop(evidence, circumstances)


def _is_on_a_share(evidence: Evidence, circumstances: Circumstances) -> bool:
    return circumstances.names_share and _is_of_a_hop(evidence, circumstances)


def _is_filtered(evidence: Evidence, circumstances: Circumstances) -> bool:
    return circumstances.may_be_filtered and _is_at_the_door(evidence, circumstances)


def _is_of_the_namespace(evidence: Evidence, circumstances: Circumstances) -> bool:
    if _is_inside(evidence, circumstances):
        return False
    return evidence.is_of_wmi or bool(evidence.numbers & _ON_CONNECTING)


def _is_any(evidence: Evidence, circumstances: Circumstances) -> bool:  # noqa: ARG001 - a row's
    return True


DENIALS: Final = (
    Denial(
        "denied to a user whose credentials may go on to other hosts",
        "in a method, or with the name of a share, over CredSSP or delegated Kerberos",
        _is_of_an_allowed_hop,
        "Give {user} the right to what {target} touches: the server may act as {user} on other"
        " hosts too, so it is the right itself that is missing, there or here.",
    ),
    Denial(
        "denied on a share (the second hop)",
        "the request names a share, and the namespace had answered before",
        _is_on_a_share,
        "Log on with scheme='CredSSP', or Kerberos and delegation=True: otherwise the server may"
        " not go on to another host's share as {user} (the second hop).",
    ),
    Denial(
        "denied inside a method (the second hop)",
        "a method was called, and the namespace had answered before",
        _is_of_a_hop,
        "If {method} reaches for another host, such as a share, log on with scheme='CredSSP', or"
        " Kerberos and delegation=True (the second hop); if not, give {user} the right to it.",
    ),
    Denial(
        "a local account without its rights (LocalAccountTokenFilterPolicy)",
        "5 or 0x80338104 before anything was answered, to an account that may be a local one and is"
        " not Administrator",
        _is_filtered,
        "If {user} is a local administrator of the server, log on with a domain account or set"
        " LocalAccountTokenFilterPolicy there to 1, since Windows takes such rights away from all"
        " but the built-in one; if not, add {user} to its group Remote Management Users.",
    ),
    Denial(
        "no Remote Enable on the namespace",
        "0x80041003 or 0x80338106, or WMI itself, before the namespace answered anything",
        _is_of_the_namespace,
        "Give {user} Enable Account and Remote Enable on {namespace}: wmimgmt.msc, WMI Control,"
        " Properties, Security.",
    ),
    Denial(
        "not in Remote Management Users",
        "5 or 0x80338104 before anything was answered",
        _is_at_the_door,
        "Let {user} in on the server: Add-LocalGroupMember -Group 'Remote Management Users' -Member"
        " {member}; then give it its rights on {namespace} (wmimgmt.msc).",
    ),
    Denial(
        "denied by the provider",
        "0x80338105, or a provider's name, or after the namespace had answered",
        _is_inside,
        "Give {user} what the provider of {class} asks for, which most often is to be an"
        " administrator: the server and {namespace} do let it in.",
    ),
    Denial("any other", "none of the above", _is_any, advice.DENIED),
)
"""The table, in the order in which it is looked through."""


def denial_of(evidence: Evidence, circumstances: Circumstances) -> Denial:
    """Return the cause of a denial."""
    return next(row for row in DENIALS if row.applies(evidence, circumstances))
