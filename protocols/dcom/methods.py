"""Methods as both sides see them: one description of the parameters writes and reads either way.

A request of an object's method is an ORPCTHIS and the parameters that go in; its reply an ORPCTHAT,
the parameters that come out, and an HRESULT. Methods that are no object's have neither head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from protocols.dcom.kinds import Kind
from protocols.dcom.ndr import NdrReader, NdrWriter
from protocols.dcom.orpc import OrpcThat, OrpcThis

__all__ = ["Interface", "Method", "Reply", "is_failure"]

_SEVERITY: Final = 0x80000000


def is_failure(hresult: int) -> bool:
    """Whether an HRESULT says that a call failed (MS-ERREF 2.1)."""
    return bool(hresult & _SEVERITY)


class Reply(NamedTuple):
    """What comes back from a method.

    Attributes:
        hresult: how it went; an error code that is none of COM's is taken as it is.
        values: by parameter.
        that: what the reply began with.
    """

    hresult: int
    values: Mapping[str, Any]
    that: OrpcThat = OrpcThat()


@dataclass(frozen=True, slots=True)
class Method:
    """A method.

    Attributes:
        name: as the specification has it.
        opnum: its number.
        inputs: the parameters of the request, in their order.
        outputs: the parameters of the reply, in their order.
        is_object: whether it is called on an object.
    """

    name: str
    opnum: int
    inputs: Mapping[str, Kind]
    outputs: Mapping[str, Kind]
    is_object: bool = True

    def request(self, this: OrpcThis | None, **values: Any) -> bytes:
        """Return the stub of a request.

        Args:
            this: what it begins with, if it is an object's.
            **values: by parameter.
        """
        writer = NdrWriter()
        if this is not None:
            this.write(writer)
        for name, kind in self.inputs.items():
            kind.write(writer, values[name])
        return writer.data

    def read_request(self, stub: bytes) -> tuple[OrpcThis | None, dict[str, Any]]:
        """Return what a request begins with, and its parameters.

        Raises:
            ProtocolError: it is none of this method.
        """
        reader = NdrReader(stub)
        this = OrpcThis.read(reader) if self.is_object else None
        return this, {name: kind.read(reader) for name, kind in self.inputs.items()}

    def reply(self, hresult: int, that: OrpcThat | None = None, **values: Any) -> bytes:
        """Return the stub of a reply.

        Args:
            hresult: how it went.
            that: what it begins with, if it is an object's.
            **values: by parameter; what is left out is nothing.
        """
        writer = NdrWriter()
        if self.is_object:
            (that or OrpcThat()).write(writer)
        for name, kind in self.outputs.items():
            kind.write(writer, values.get(name, kind.nothing))
        writer.u32(hresult)
        return writer.data

    def read_reply(self, stub: bytes) -> Reply:
        """Return what a reply says.

        Raises:
            ProtocolError: it is none of this method.
        """
        reader = NdrReader(stub)
        that = OrpcThat.read(reader) if self.is_object else OrpcThat()
        values = {name: kind.read(reader) for name, kind in self.outputs.items()}
        return Reply(reader.u32(), values, that)


class Interface(NamedTuple):
    """An interface: what it is called on the wire, and those of its methods that are known here.

    Attributes:
        name: as the specification has it.
        iid: its GUID.
        methods: by number.
    """

    name: str
    iid: bytes
    methods: Mapping[int, Method]
