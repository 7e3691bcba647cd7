"""Activation both ways; what a client sends is read by impacket, too (MS-DCOM 2.2.22)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.dcerpc.v5 import dcomrt

from mi.errors import ProtocolError
from protocols.dcom import activation
from protocols.dcom.activation import ActivationReply, ActivationRequest
from protocols.dcom.activation_blob import read_blob, write_blob
from protocols.dcom.interfaces import (
    CREATE_INSTANCE,
    LEVEL1_LOGIN,
    REMOTE_UNKNOWN,
    WBEM_LEVEL1_LOGIN_CLASS,
)
from protocols.dcom.objref import CustomReference, read_custom
from protocols.dcom.orpc import OUR_VERSION, OrpcThis, Version
from protocols.dcom.string_bindings import TCP, DualStringArray, StringBinding

GUIDS = st.binary(min_size=16, max_size=16)
REQUEST = ActivationRequest(WBEM_LEVEL1_LOGIN_CLASS, (LEVEL1_LOGIN.iid,), OUR_VERSION)
REPLY = ActivationReply(
    (LEVEL1_LOGIN.iid, REMOTE_UNKNOWN.iid),
    (0, 0x80004002),
    (b"reference", None),
    0x1122334455667788,
    DualStringArray((StringBinding(TCP, "server01[49670]"),)),
    bytes(range(16)),
    OUR_VERSION,
    6,
)


def parts(reference: bytes) -> list[tuple[int, bytes, bytes]]:
    """Return what impacket finds in the blob: the class and the bytes of each property."""
    blob = dcomrt.ACTIVATION_BLOB(dcomrt.OBJREF_CUSTOM(reference)["pObjectData"])
    header = blob["CustomHeader"]
    assert header["destCtx"] == 2
    assert header["totalSize"] == blob["dwSize"]
    found, data = [], blob["Property"]
    for clsid, size in zip(header["pclsid"], header["pSizes"], strict=True):
        count = size["Data"]
        found.append((count, clsid["Data"], data[:count]))
        data = data[count:]
    assert not data
    return found


def as_impacket_reads(kind: Any, data: bytes) -> Any:
    one = kind()
    one.fromStringReferents(data[one.fromString(data) :])
    return one


def test_impacket_reads_the_request_of_a_client() -> None:
    this = OrpcThis(bytes(range(16)))
    stub = CREATE_INSTANCE.request(this, pUnkOuter=None, pActProperties=REQUEST.packed())
    assert len(stub) == 464, "as many bytes as impacket's own request has"
    call = dcomrt.RemoteCreateInstance(stub)
    assert call["ORPCthis"]["version"]["MinorVersion"] == 7
    assert call["ORPCthis"]["cid"] == bytes(range(16))
    reference = b"".join(call["pActProperties"]["abData"])
    kinds: list[Any] = [
        (dcomrt.CLSID_InstantiationInfo, dcomrt.InstantiationInfoData),
        (dcomrt.CLSID_ActivationContextInfo, dcomrt.ActivationContextInfoData),
        (dcomrt.CLSID_ServerLocationInfo, dcomrt.LocationInfoData),
        (dcomrt.CLSID_ScmRequestInfo, dcomrt.ScmRequestInfoData),
    ]
    found = parts(reference)
    assert [clsid for _, clsid, _ in found] == [clsid for clsid, _ in kinds]
    read = [
        as_impacket_reads(kind, data) for (_, kind), (_, _, data) in zip(kinds, found, strict=True)
    ]
    instantiation, _, _, request = read
    assert instantiation["classId"] == WBEM_LEVEL1_LOGIN_CLASS
    assert instantiation["cIID"] == 1
    assert instantiation["pIID"][0]["Data"] == LEVEL1_LOGIN.iid
    assert instantiation["thisSize"] == found[0][0]
    assert instantiation["clientCOMVersion"]["MajorVersion"] == 5
    assert list(request["remoteRequest"]["pRequestedProtseqs"]) == [TCP]


def test_impacket_reads_the_reply_of_a_server() -> None:
    outcome, reply = parts(REPLY.packed())  # in this order, which is all that impacket knows
    scm = as_impacket_reads(dcomrt.ScmReplyInfoData, reply[2])["remoteReply"]
    assert scm["Oxid"] == REPLY.oxid
    assert scm["ipidRemUnknown"] == REPLY.remote_unknown
    assert scm["authnHint"] == 6
    out = as_impacket_reads(dcomrt.PropsOutInfo, outcome[2])
    assert out["cIfs"] == 2
    assert b"".join(out["ppIntfData"][0]["abData"]) == b"reference"


@given(GUIDS, st.lists(GUIDS, max_size=4).map(tuple), st.lists(st.integers(0, 99)).map(tuple))
def test_a_request_comes_back(
    clsid: bytes, iids: tuple[bytes, ...], protocols: tuple[int, ...]
) -> None:
    request = ActivationRequest(clsid, iids, Version(5, 4), protocols)
    assert ActivationRequest.read(request.packed()) == request


@given(st.lists(st.tuples(GUIDS, st.integers(0, 2**32 - 1), st.none() | st.binary()), max_size=4))
def test_a_reply_comes_back(found: list[tuple[bytes, int, bytes | None]]) -> None:
    iids, results, references = zip(*found, strict=True) if found else ((), (), ())
    reply = ActivationReply(
        tuple(iids), tuple(results), tuple(references), 1, REPLY.bindings, bytes(16),
        Version(5, 6), 5,
    )  # fmt: skip
    assert ActivationReply.read(reply.packed()) == reply


def rewritten(reference: bytes, clsid_of_blob: bytes, changes: dict[bytes, bytes | None]) -> bytes:
    """Return a reference with other properties."""
    properties = read_blob(read_custom(reference, clsid_of_blob))
    properties.update({clsid: data for clsid, data in changes.items() if data is not None})
    kept = [
        (clsid, data) for clsid, data in properties.items() if changes.get(clsid, b"") is not None
    ]
    return CustomReference(bytes(16), clsid_of_blob, write_blob(kept)).packed()


def request_with(clsid: bytes, data: bytes | None) -> bytes:
    return rewritten(REQUEST.packed(), activation._CLSID_IN, {clsid: data})


def reply_with(clsid: bytes, data: bytes | None) -> bytes:
    return rewritten(REPLY.packed(), activation._CLSID_OUT, {clsid: data})


def test_a_request_that_lacks_something_is_told() -> None:
    with pytest.raises(ProtocolError, match="lacks one of its properties"):
        ActivationRequest.read(request_with(activation._REQUEST, None))
    with pytest.raises(ProtocolError, match="does not say how"):
        ActivationRequest.read(request_with(activation._REQUEST, bytes(8)))
    nothing = bytes.fromhex("00000000 00000200 02000000 0000 0000 00000000")
    assert ActivationRequest.read(request_with(activation._REQUEST, nothing)).protocols == ()


def test_a_request_for_nothing_asks_for_nothing() -> None:
    data = bytearray(48)
    read = ActivationRequest.read(request_with(activation._INSTANTIATION, bytes(data)))
    assert read.iids == ()
    data[28] = 3
    with pytest.raises(ProtocolError, match="number of interfaces"):
        ActivationRequest.read(request_with(activation._INSTANTIATION, bytes(data)))


def test_a_reply_that_lacks_something_is_told() -> None:
    with pytest.raises(ProtocolError, match="lacks one of its properties"):
        ActivationReply.read(reply_with(activation._OUTCOME, None))
    with pytest.raises(ProtocolError, match="says nothing of its outcome"):
        ActivationReply.read(reply_with(activation._OUTCOME, bytes(16)))
    with pytest.raises(ProtocolError, match="does not say where the object is"):
        ActivationReply.read(reply_with(activation._REPLY, bytes(8)))
    placed = bytes.fromhex("00000000 00000200") + bytes(40)
    assert ActivationReply.read(reply_with(activation._REPLY, placed)).bindings.port is None
