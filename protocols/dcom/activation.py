"""Asking for an object that is not there yet (IRemoteSCMActivator, MS-DCOM 3.1.2.5.2.3.3).

RemoteCreateInstance takes and returns one interface pointer each, to a blob of properties. Of
these, a client has to send four, and a server answers with two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mi.errors import ProtocolError
from protocols.dcom.activation_blob import read_blob, write_blob
from protocols.dcom.guids import guid
from protocols.dcom.ndr import NdrReader, NdrWriter
from protocols.dcom.objref import CustomReference, read_custom
from protocols.dcom.orpc import Version
from protocols.dcom.serialization import HEADER_SIZE
from protocols.dcom.string_bindings import TCP, DualStringArray

__all__ = ["ActivationReply", "ActivationRequest"]

_IID_IN: Final = guid("000001A2-0000-0000-C000-000000000046")  # IActivationPropertiesIn
_IID_OUT: Final = guid("000001A3-0000-0000-C000-000000000046")  # IActivationPropertiesOut
_CLSID_IN: Final = guid("00000338-0000-0000-C000-000000000046")
_CLSID_OUT: Final = guid("00000339-0000-0000-C000-000000000046")
_INSTANTIATION: Final = guid("000001AB-0000-0000-C000-000000000046")
_CONTEXT: Final = guid("000001A5-0000-0000-C000-000000000046")
_LOCATION: Final = guid("000001A4-0000-0000-C000-000000000046")
_REQUEST: Final = guid("000001AA-0000-0000-C000-000000000046")
_OUTCOME: Final = guid("00000339-0000-0000-C000-000000000046")  # PropsOutInfo
_REPLY: Final = guid("000001B6-0000-0000-C000-000000000046")

_LEVEL: Final = 2  # RPC_C_IMP_LEVEL_IDENTIFY, as others send it: a hint that decides nothing
_MOST_INTERFACES: Final = 0x8000  # MAX_REQUESTED_INTERFACES, MS-DCOM 2.2.28.1


@dataclass(frozen=True, slots=True)
class ActivationRequest:
    """What a client asks for.

    Attributes:
        clsid: the class of the object.
        iids: the interfaces that are wanted.
        version: of DCOM, as the client speaks it.
        protocols: the towers by which the object may be reached.
    """

    clsid: bytes
    iids: tuple[bytes, ...]
    version: Version
    protocols: tuple[int, ...] = (TCP,)

    def packed(self) -> bytes:
        """Return the OBJREF of the properties."""
        blob = write_blob(
            (
                (_INSTANTIATION, self._instantiation()),
                (_CONTEXT, _zeros(6)),
                (_LOCATION, _zeros(4)),
                (_REQUEST, self._request()),
            )
        )
        return CustomReference(_IID_IN, _CLSID_IN, blob).packed()

    def _instantiation(self, size: int = 0) -> bytes:
        writer = NdrWriter()
        writer.guid(self.clsid)
        writer.u32(0, 0, 0, len(self.iids), 0)
        writer.pointer()
        writer.u32(size)
        writer.u16(*self.version)
        writer.conformant_guids(self.iids)
        if size:
            return writer.data
        return self._instantiation(HEADER_SIZE + len(writer.data) + -len(writer.data) % 8)

    def _request(self) -> bytes:
        writer = NdrWriter()
        writer.pointer(is_null=True)
        writer.pointer()
        writer.u32(_LEVEL)
        writer.u16(len(self.protocols))
        writer.pointer()
        writer.conformant_u16(self.protocols)
        return writer.data

    @classmethod
    def read(cls, reference: bytes) -> ActivationRequest:
        """Return what the OBJREF of a client's properties asks for.

        Raises:
            ProtocolError: it asks for nothing, or is garbled.
        """
        properties = read_blob(read_custom(reference, _CLSID_IN))
        clsid, iids, version = _read_instantiation(_wanted(properties, _INSTANTIATION))
        protocols = _read_request(_wanted(properties, _REQUEST))
        return cls(clsid, tuple(iids), version, tuple(protocols))


def _zeros(count: int) -> bytes:
    """Return a structure of so many numbers and pointers that say nothing."""
    return bytes(4 * count)


def _wanted(properties: dict[bytes, bytes], clsid: bytes) -> bytes:
    try:
        return properties[clsid]
    except KeyError:
        raise ProtocolError("an activation lacks one of its properties") from None


def _read_instantiation(data: bytes) -> tuple[bytes, list[bytes], Version]:
    reader = NdrReader(data)
    clsid = reader.guid()
    reader.raw(12)
    count = reader.count(_MOST_INTERFACES)
    reader.u32()
    has_iids = reader.pointer()
    reader.u32()
    version = Version(reader.u16(), reader.u16())
    iids = reader.conformant_guids() if has_iids else []
    reader.expect(len(iids), count, "the number of interfaces")
    return clsid, iids, version


def _read_request(data: bytes) -> list[int]:
    reader = NdrReader(data)
    reader.u32()
    if not reader.pointer():
        raise ProtocolError("an activation does not say how the object may be reached")
    reader.u32()
    reader.u16()
    return reader.conformant_u16() if reader.pointer() else []


@dataclass(frozen=True, slots=True)
class ActivationReply:
    """What a server made.

    Attributes:
        iids: the interfaces that were asked for.
        results: an HRESULT for each.
        references: an OBJREF for each, or None.
        oxid: the exporter of the object.
        bindings: where that listens.
        remote_unknown: the IPID of its IRemUnknown.
        version: of DCOM, as the server speaks it.
        level: the authentication level that the exporter asks for.
    """

    iids: tuple[bytes, ...]
    results: tuple[int, ...]
    references: tuple[bytes | None, ...]
    oxid: int
    bindings: DualStringArray
    remote_unknown: bytes
    version: Version
    level: int

    def packed(self) -> bytes:
        """Return the OBJREF of the properties."""
        blob = write_blob(((_OUTCOME, self._outcome()), (_REPLY, self._reply())))
        return CustomReference(_IID_OUT, _CLSID_OUT, blob).packed()

    def _outcome(self) -> bytes:
        writer = NdrWriter()
        writer.u32(len(self.iids))
        for _ in range(3):
            writer.pointer()
        writer.conformant_guids(self.iids)
        writer.conformant_u32(self.results)
        writer.u32(len(self.references))
        for one in self.references:
            writer.pointer(is_null=one is None)
        for one in self.references:
            if one is not None:
                writer.interface_body(one)
        return writer.data

    def _reply(self) -> bytes:
        writer = NdrWriter()
        writer.pointer(is_null=True)
        writer.pointer()
        writer.u64(self.oxid)
        writer.pointer()
        writer.guid(self.remote_unknown)
        writer.u32(self.level)
        writer.u16(*self.version)
        self.bindings.write(writer)
        return writer.data

    @classmethod
    def read(cls, reference: bytes) -> ActivationReply:
        """Return what the OBJREF of a server's properties says.

        Raises:
            ProtocolError: it lacks something, or is garbled.
        """
        properties = read_blob(read_custom(reference, _CLSID_OUT))
        iids, results, references = _read_outcome(_wanted(properties, _OUTCOME))
        reader = NdrReader(_wanted(properties, _REPLY))
        reader.u32()
        if not reader.pointer():
            raise ProtocolError("an activation does not say where the object is")
        oxid = reader.u64()
        has_bindings = reader.pointer()
        remote_unknown, level = reader.guid(), reader.u32()
        version = Version(reader.u16(), reader.u16())
        bindings = DualStringArray.read(reader) if has_bindings else DualStringArray()
        return cls(iids, results, references, oxid, bindings, remote_unknown, version, level)


def _read_outcome(
    data: bytes,
) -> tuple[tuple[bytes, ...], tuple[int, ...], tuple[bytes | None, ...]]:
    reader = NdrReader(data)
    count = reader.count(_MOST_INTERFACES)
    if not (reader.pointer() and reader.pointer() and reader.pointer()):
        raise ProtocolError("an activation says nothing of its outcome")
    iids, results = reader.conformant_guids(), reader.conformant_u32()
    pointers = [reader.pointer() for _ in range(reader.count(reader.remaining // 4))]
    for found in (iids, results, pointers):
        reader.expect(len(found), count, "the number of interfaces")
    references = tuple(reader.interface_body() if is_there else None for is_there in pointers)
    return tuple(iids), tuple(results), references
