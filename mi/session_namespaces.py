"""What a session does with namespaces: finds them all."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Unpack

from mi.caller import Caller, CallKeywords, locating
from mi.control import Expiry
from mi.errors import MIError
from mi.names import normalize_namespace
from mi.namespace_tree import ROOT, Namespaces, Walk, inner_namespaces
from mi.option_checks import seconds
from mi.results import OperationFlags

__all__ = ["SessionNamespaces", "namespace_walk"]


class SessionNamespaces(Caller):
    """The namespaces of the host of a session, which `mi.Session` describes."""

    @abstractmethod
    def noted(self, found: Namespaces) -> Namespaces:
        """Tell the session's callbacks of the namespaces that cannot be read; return all."""
        ...

    @locating
    def namespaces(self, **keywords: Unpack[CallKeywords]) -> Namespaces:
        """Return the namespaces of the server.

        One that cannot be read is among them, but those in it are not: the session's callbacks are
        told, and the result says so.

        Args:
            keywords: as for `run`; `namespace` is where to begin, `root` if it is not given.
                `timeout` is for each namespace, `deadline` for all of it.
        """
        walk, next_keywords = namespace_walk(keywords)
        for namespace in walk:
            try:
                names = self._inner_namespaces(namespace, next_keywords())
            except MIError as error:
                walk.pass_by(error)
            else:
                walk.enter(names)
        return self.noted(walk.result())

    def _inner_namespaces(self, namespace: str, keywords: CallKeywords) -> list[str]:
        return [str(one["Name"]) for one in self.run(inner_namespaces(namespace), **keywords)]


def namespace_walk(keywords: CallKeywords) -> tuple[Walk, Callable[[], CallKeywords]]:
    """Return a walk through the namespaces, and what gives the keywords of each of its calls.

    Names are text whatever their class says, so no class is fetched for them.
    """
    root = normalize_namespace(keywords.get("namespace") or ROOT)
    flags = OperationFlags.NO_RTTI | keywords.get("flags", OperationFlags.DEFAULT)
    deadline = keywords.get("deadline")
    if not isinstance(deadline, Expiry):
        given = None if deadline is None else seconds(deadline, "deadline")
        deadline = Expiry.after(given, "deadline")
    end = deadline

    def next_keywords() -> CallKeywords:
        if end.remaining() == 0:
            raise end.error("asking for namespaces")
        return {**keywords, "namespace": None, "flags": flags, "deadline": end}

    return Walk(root), next_keywords
