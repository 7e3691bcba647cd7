"""Every method of every interface, both ways, and as impacket reads it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.dcerpc.v5 import dcomrt
from impacket.dcerpc.v5.dcom import wmi

from mi.errors import ProtocolError
from protocols.dcom import interfaces, kinds
from protocols.dcom.interfaces import INTERFACES
from protocols.dcom.kinds import Interfaces, Kind, QueryResult, Release
from protocols.dcom.methods import Method, is_failure
from protocols.dcom.objref import Standard
from protocols.dcom.orpc import ERROR_EXTENSION, Extension, OrpcThat, OrpcThis, Version
from protocols.dcom.string_bindings import TCP, DualStringArray, StringBinding

THIS = OrpcThis(bytes(range(16)))
TEXT = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=8)
GUID = st.binary(min_size=16, max_size=16)
U32 = st.integers(0, 2**32 - 1)
U64 = st.integers(0, 2**64 - 1)
STANDARD = st.builds(Standard, U64, U64, GUID, U32, U32)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    kinds.U16: st.integers(0, 0xFFFF),
    kinds.U32: U32,
    kinds.I32: st.integers(-(2**31), 2**31 - 1),
    kinds.U64: U64,
    kinds.GUID: GUID,
    kinds.GUIDS: st.lists(GUID, max_size=3),
    kinds.NUMBERS: st.lists(U32, max_size=3),
    kinds.WIDE: st.none() | TEXT,
    kinds.BSTR: st.none() | TEXT,
    kinds.INTERFACE: st.none() | st.binary(max_size=9),
    kinds.WANTED: st.booleans(),
    kinds.POINTED_INTERFACE: st.none() | st.binary(max_size=9),
    kinds.INTERFACES: st.builds(Interfaces, U32, st.lists(st.binary(max_size=9), max_size=3)),
    kinds.OIDS: st.lists(U64, max_size=3).map(tuple),
    kinds.RELEASES: st.lists(st.builds(Release, GUID, U32), max_size=3),
    kinds.QUERY_RESULTS: st.lists(st.builds(QueryResult, U32, STANDARD), max_size=3),
    kinds.BINDINGS: st.just(DualStringArray((StringBinding(TCP, "s[1]"),))),
    kinds.VERSION: st.builds(Version, st.just(5), st.integers(1, 7)),
}
METHODS = [
    pytest.param(method, id=f"{interface.name}.{method.name}")
    for interface in INTERFACES.values()
    for method in interface.methods.values()
]


def values_of(draw: st.DataObject, parameters: Any) -> dict[str, Any]:
    return {name: draw.draw(VALUES[kind]) for name, kind in parameters.items()}


@pytest.mark.parametrize("method", METHODS)
@given(draw=st.data())
def test_what_one_side_writes_the_other_reads(method: Method, draw: st.DataObject) -> None:
    this = THIS if method.is_object else None
    inputs = values_of(draw, method.inputs)
    assert method.read_request(method.request(this, **inputs)) == (this, inputs)
    outputs, hresult = values_of(draw, method.outputs), draw.draw(U32)
    reply = method.read_reply(method.reply(hresult, **outputs))
    assert (reply.hresult, reply.values) == (hresult, outputs)


@pytest.mark.parametrize("method", METHODS)
def test_a_failure_has_nothing_but_its_number_and_what_explains_it(method: Method) -> None:
    that = OrpcThat((Extension(ERROR_EXTENSION, b"why"),))
    reply = method.read_reply(method.reply(0x80041002, that))
    assert reply.hresult == 0x80041002
    assert reply.that.error == (b"why" if method.is_object else None)
    assert not any(reply.values[name] for name in reply.values if name in _EMPTY)


_EMPTY = {"ppObject", "ppCallResult", "ppEnum", "ppOutParams", "puReturned"}


@pytest.mark.parametrize("method", METHODS)
def test_a_stub_that_ends_early_is_told(method: Method) -> None:
    with pytest.raises(ProtocolError):
        method.read_reply(b"\1")


def test_a_failure_has_its_highest_bit() -> None:
    assert is_failure(0x80041002)
    assert not is_failure(0)
    assert not is_failure(0x00040004)
    assert not is_failure(1)


# What impacket reads of it

TOLD = {"lFlags": 0x30, "pCtx": None}


def read_by(kind: Any, stub: bytes) -> Any:
    one = kind()
    one.fromString(stub)
    return one


def test_a_login_is_read_by_impacket() -> None:
    stub = interfaces.NTLM_LOGIN.request(
        THIS, wszNetworkResource="//./root/cimv2", wszPreferredLocale=None, lFlags=0, pCtx=None
    )
    other = read_by(wmi.IWbemLevel1Login_NTLMLogin, stub)
    assert other["wszNetworkResource"].rstrip("\0") == "//./root/cimv2"


def test_a_query_is_read_by_impacket() -> None:
    stub = interfaces.EXEC_QUERY.request(
        THIS, strQueryLanguage="WQL", strQuery="SELECT * FROM X", **TOLD
    )
    other = read_by(wmi.IWbemServices_ExecQuery, stub)
    assert other["strQuery"]["asData"] == "SELECT * FROM X"
    assert other["lFlags"] == 0x30


def test_a_method_call_is_read_by_impacket() -> None:
    stub = interfaces.EXEC_METHOD.request(
        THIS,
        strObjectPath="Win32_Process",
        strMethodName="Create",
        pInParams=b"reference",
        ppOutParams=True,
        ppCallResult=False,
        **TOLD,
    )
    other = read_by(wmi.IWbemServices_ExecMethod, stub)
    assert other["strMethodName"]["asData"] == "Create"
    assert b"".join(other["pInParams"]["abData"]) == b"reference"


def test_objects_are_read_by_impacket() -> None:
    stub = interfaces.NEXT.reply(1, apObjects=Interfaces(5, [b"one", b"three"]), puReturned=2)
    other = read_by(wmi.IEnumWbemClassObject_NextResponse, stub)
    found = [b"".join(one["abData"]) for one in other["apObjects"]]
    assert found == [b"one", b"three"]
    assert other["puReturned"] == 2
    assert other["ErrorCode"] == 1


def test_a_release_is_read_by_impacket() -> None:
    stub = interfaces.RELEASE.request(
        THIS, cInterfaceRefs=2, InterfaceRefs=[Release(bytes(16), 5), Release(THIS.cause, 1)]
    )
    other = read_by(dcomrt.RemRelease, stub)
    assert [one["cPublicRefs"] for one in other["InterfaceRefs"]] == [5, 1]
    assert other["InterfaceRefs"][1]["ipid"] == THIS.cause


def test_a_ping_is_read_by_impacket() -> None:
    stub = interfaces.COMPLEX_PING.request(
        None, pSetId=0, SequenceNum=1, cAddToSet=2, cDelFromSet=0, AddToSet=(7, 8), DelFromSet=()
    )
    other = read_by(dcomrt.ComplexPing, stub)
    assert (other["SequenceNum"], other["cAddToSet"]) == (1, 2)


def test_where_an_exporter_is_is_read_by_impacket() -> None:
    stub = interfaces.SERVER_ALIVE_2.reply(
        0,
        pComVersion=Version(5, 7),
        ppdsaOrBindings=DualStringArray((StringBinding(TCP, "server01[49670]"),)),
        pReserved=0,
    )
    other = read_by(dcomrt.ServerAlive2Response, stub)
    assert other["pComVersion"]["MinorVersion"] == 7
    text = "".join(map(chr, other["ppdsaOrBindings"]["aStringArray"][1:16]))
    assert text == "server01[49670]"


def test_a_null_pointer_among_objects_is_passed_over() -> None:
    stub = bytes(8) + bytes.fromhex(
        "02000000 00000000 02000000 00000000 00000200 01000000 01000000 21000000 01000000 00000000"
    )
    reply = interfaces.NEXT.read_reply(stub)
    assert reply.values["apObjects"] == Interfaces(2, [b"!"])


def test_an_array_begins_with_its_first_element() -> None:
    stub = bytes(8) + bytes.fromhex("02000000 01000000 00000000 00000000 00000000")
    with pytest.raises(ProtocolError, match="first element"):
        interfaces.NEXT.read_reply(stub)


def test_a_pointer_to_no_bindings_is_read() -> None:
    stub = bytes.fromhex("0500 0700 00000000 00000000 00000000")
    assert interfaces.SERVER_ALIVE_2.read_reply(stub).values["ppdsaOrBindings"].port is None
