"""The protocol handlers that an application knows by name, loaded when they are first needed.

A name is looked up among those registered by hand, then among the built-in ones, then among the
installed packages that offer an entry point in the group `mi.protocol_handlers`. That order is a
matter of security: whoever holds the name WINRM is handed passwords.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from mi.errors import AlreadyExists, InvalidParameter, MIError, NotFound, NotSupported, TypeMismatch
from mi.handler import ProtocolHandler

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["ENTRY_POINT_GROUP", "Registry"]

ENTRY_POINT_GROUP = "mi.protocol_handlers"
"""The group of the entry points by which a package offers a protocol handler."""

_BUILT_IN = {
    "WINRM": "protocols.winrm.handler:WinrmHandler",
    "WMIDCOM": "protocols.wmidcom.handler:WmidcomHandler",
}
_DISTRIBUTION = "management-infrastructure"


class _Source(NamedTuple):
    """Where a handler comes from.

    Attributes:
        target: `package.module:Class`, or the handler itself.
        requirement: what pip installs to have it whole, or None where nobody knows.
    """

    target: str | ProtocolHandler
    requirement: str | None = None


class Registry:
    """Protocol handlers by name, without case. Iterating gives the names, in capitals."""

    def __init__(self) -> None:
        self._registered: dict[str, _Source] = {}
        self._loaded: dict[str, ProtocolHandler] = {}
        # Two sessions may need a handler at once, and a handler's import may register another.
        self._lock = RLock()

    def register(self, name: str, handler: str | type[ProtocolHandler] | ProtocolHandler) -> None:
        """Make `handler` the one of that name, before a built-in or installed one.

        Args:
            name: the protocol's name, for `new_session(protocol=…)`.
            handler: a handler, its class, or `"package.module:Class"`, imported on first use.

        Raises:
            AlreadyExists: one was registered by that name.
            InvalidParameter: the name is empty.
            TypeMismatch: it is no handler, or the name is no string.
        """
        _check_name(name)
        if not name.strip():
            raise InvalidParameter("the name of the protocol handler is empty")
        if not isinstance(handler, str) and not callable(getattr(handler, "open", None)):
            raise TypeMismatch(f"{handler!r} is no protocol handler: it has no open()")
        with self._lock:
            if name.upper() in self._registered:
                raise AlreadyExists(f"a handler named {name.upper()} is registered already")
            self._registered[name.upper()] = _Source(cast("str | ProtocolHandler", handler))
            self._loaded.pop(name.upper(), None)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._registered, *_BUILT_IN, *sorted(_installed()))))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.upper() in tuple(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self)}>"

    def load(self, name: str) -> ProtocolHandler:
        """Return the handler of that name, always the same one.

        Raises:
            NotFound: there is none; the message lists those there are.
            NotSupported: there is one, but it cannot be loaded, or two packages claim the name.
            TypeMismatch: the name is no string.
        """
        _check_name(name)
        key = name.upper()
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = _load(key, self._find(key))
            return self._loaded[key]

    def _find(self, key: str) -> _Source:
        if key in self._registered:
            return self._registered[key]
        if key in _BUILT_IN:
            return _Source(_BUILT_IN[key], _DISTRIBUTION)
        offers = _installed().get(key, [])
        if not offers:
            raise NotFound(
                f"there is no protocol handler named {key!r}",
                advice=f"There are {', '.join(self)}.",
            )
        if len(offers) > 1:
            packages = " and ".join(sorted(map(_package, offers)))
            raise NotSupported(
                f"the packages {packages} each offer a protocol handler named {key}",
                advice="Uninstall one of them, or register the one that is meant.",
            )
        return _Source(offers[0].value.partition("[")[0].strip(), _requirement(offers[0]))


def _check_name(name: str) -> None:
    if not isinstance(name, str):
        raise TypeMismatch(f"the name of a protocol handler is a string, not {name!r}")


def _installed() -> dict[str, list[EntryPoint]]:
    """Return the entry points of each name that is not built in."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - slower than all of `import mi`

    offers: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    for offer in entry_points(group=ENTRY_POINT_GROUP):
        if offer.name.upper() not in _BUILT_IN:
            # One package may be found twice, installed and in the working directory.
            offers.setdefault(offer.name.upper(), {})[_package(offer), offer.value] = offer
    return {name: list(found.values()) for name, found in offers.items()}


def _package(offer: EntryPoint) -> str:
    return offer.dist.name if offer.dist is not None else offer.value


def _requirement(offer: EntryPoint) -> str | None:
    if offer.dist is None:
        return None
    return f"{offer.dist.name}[{','.join(offer.extras)}]" if offer.extras else offer.dist.name


def _load(name: str, source: _Source) -> ProtocolHandler:
    try:
        found = source.target
        if isinstance(found, str):
            found = _imported(found)
        handler = found() if isinstance(found, type) else found
    except MIError:
        raise
    except ModuleNotFoundError as error:
        raise NotSupported(
            f"the protocol handler {name} needs the module {error.name}, which is not installed",
            advice=f"Run: pip install '{source.requirement}'" if source.requirement else None,
        ) from error
    except Exception as error:  # a package may raise anything while it is imported
        raise NotSupported(
            f"the protocol handler {name} ({source.target}) failed to load: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not callable(getattr(handler, "open", None)):
        raise NotSupported(f"{source.target}, for the name {name}, is no protocol handler")
    return cast("ProtocolHandler", handler)


def _imported(target: str) -> Any:
    module, _, name = target.partition(":")
    return reduce(getattr, name.split("."), import_module(module))
