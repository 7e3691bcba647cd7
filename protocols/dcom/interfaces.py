"""The interfaces that WMI takes (MS-WMI 3.1.4, 3.2.4), with the methods that are used of each.

IRemoteSCMActivator makes the object to log in to; IWbemLevel1Login gives one IWbemServices for each
namespace; IWbemServices gives enumerators. IRemUnknown gives references back, and IObjectExporter
keeps alive what was not given back.
"""

from __future__ import annotations

from typing import Final

from protocols.dcom import kinds
from protocols.dcom.guids import guid
from protocols.dcom.kinds import Kind
from protocols.dcom.methods import Interface, Method

__all__ = [
    "ACTIVATOR",
    "ADD_REFERENCES",
    "CALL_RESULT",
    "CLONE",
    "COMPLEX_PING",
    "CREATE_CLASS_ENUM",
    "CREATE_INSTANCE",
    "CREATE_INSTANCE_ENUM",
    "DELETE_CLASS",
    "DELETE_INSTANCE",
    "ENUMERATOR",
    "ESTABLISH_POSITION",
    "EXEC_METHOD",
    "EXEC_NOTIFICATION_QUERY",
    "EXEC_QUERY",
    "EXPORTER",
    "GET_CALL_STATUS",
    "GET_OBJECT",
    "GET_RESULT_STRING",
    "INTERFACES",
    "LEVEL1_LOGIN",
    "NEXT",
    "NTLM_LOGIN",
    "PUT_CLASS",
    "PUT_INSTANCE",
    "QUERY_INTERFACE",
    "RELEASE",
    "REMOTE_UNKNOWN",
    "REMOTE_UNKNOWN_2",
    "RESET",
    "SERVER_ALIVE_2",
    "SERVICES",
    "SIMPLE_PING",
    "SKIP",
    "WBEM_LEVEL1_LOGIN_CLASS",
]

WBEM_LEVEL1_LOGIN_CLASS: Final = guid("8BC3F05E-D86B-11D0-A075-00C04FB68820")
"""CLSID_WbemLevel1Login (MS-WMI 1.9)."""


def _interface(name: str, iid: str, *methods: Method) -> Interface:
    return Interface(name, guid(iid), {method.opnum: method for method in methods})


def _services_method(name: str, opnum: int, *results: str, **inputs: Kind) -> Method:
    """Return a method that gives the caller what he says that he wants."""
    wanted = dict.fromkeys(results, kinds.WANTED)
    return Method(name, opnum, inputs | wanted, dict.fromkeys(results, kinds.POINTED_INTERFACE))


def _enumerating(name: str, opnum: int, **inputs: Kind) -> Method:
    """Return a method that gives an enumerator."""
    return Method(name, opnum, inputs | _FLAGS, {"ppEnum": kinds.INTERFACE})


_FLAGS: Final = {"lFlags": kinds.I32, "pCtx": kinds.INTERFACE}
_QUERY: Final = {"strQueryLanguage": kinds.BSTR, "strQuery": kinds.BSTR}

# Objects that are not there yet, or are to stay there

CREATE_INSTANCE: Final = Method(
    "RemoteCreateInstance",
    4,
    {"pUnkOuter": kinds.INTERFACE, "pActProperties": kinds.INTERFACE},
    {"ppActProperties": kinds.INTERFACE},
)
ACTIVATOR: Final = _interface(
    "IRemoteSCMActivator", "000001A0-0000-0000-C000-000000000046", CREATE_INSTANCE
)

SIMPLE_PING: Final = Method("SimplePing", 1, {"pSetId": kinds.U64}, {}, is_object=False)
COMPLEX_PING: Final = Method(
    "ComplexPing",
    2,
    {
        "pSetId": kinds.U64,
        "SequenceNum": kinds.U16,
        "cAddToSet": kinds.U16,
        "cDelFromSet": kinds.U16,
        "AddToSet": kinds.OIDS,
        "DelFromSet": kinds.OIDS,
    },
    {"pSetId": kinds.U64, "pPingBackoffFactor": kinds.U16},
    is_object=False,
)
SERVER_ALIVE_2: Final = Method(
    "ServerAlive2",
    5,
    {},
    {"pComVersion": kinds.VERSION, "ppdsaOrBindings": kinds.BINDINGS, "pReserved": kinds.U32},
    is_object=False,
)
EXPORTER: Final = _interface(
    "IObjectExporter",
    "99FCFEC4-5260-101B-BBCB-00AA0021347A",
    SIMPLE_PING,
    COMPLEX_PING,
    SERVER_ALIVE_2,
)

QUERY_INTERFACE: Final = Method(
    "RemQueryInterface",
    3,
    {"ripid": kinds.GUID, "cRefs": kinds.U32, "cIids": kinds.U16, "iids": kinds.GUIDS},
    {"ppQIResults": kinds.QUERY_RESULTS},
)
ADD_REFERENCES: Final = Method(
    "RemAddRef",
    4,
    {"cInterfaceRefs": kinds.U16, "InterfaceRefs": kinds.RELEASES},
    {"pResults": kinds.NUMBERS},
)
RELEASE: Final = Method(
    "RemRelease", 5, {"cInterfaceRefs": kinds.U16, "InterfaceRefs": kinds.RELEASES}, {}
)
REMOTE_UNKNOWN: Final = _interface(
    "IRemUnknown",
    "00000131-0000-0000-C000-000000000046",
    QUERY_INTERFACE,
    ADD_REFERENCES,
    RELEASE,
)
REMOTE_UNKNOWN_2: Final = _interface(
    "IRemUnknown2",
    "00000143-0000-0000-C000-000000000046",
    QUERY_INTERFACE,
    ADD_REFERENCES,
    RELEASE,
)

# WMI

ESTABLISH_POSITION: Final = Method(
    "EstablishPosition",
    3,
    {"reserved1": kinds.WIDE, "reserved2": kinds.U32},
    {"LocaleVersion": kinds.U32},
)
NTLM_LOGIN: Final = Method(
    "NTLMLogin",
    6,
    {"wszNetworkResource": kinds.WIDE, "wszPreferredLocale": kinds.WIDE, **_FLAGS},
    {"ppNamespace": kinds.INTERFACE},
)
LEVEL1_LOGIN: Final = _interface(
    "IWbemLevel1Login",
    "F309AD18-D86A-11D0-A075-00C04FB68820",
    ESTABLISH_POSITION,
    NTLM_LOGIN,
)

GET_OBJECT: Final = _services_method(
    "GetObject", 6, "ppObject", "ppCallResult", strObjectPath=kinds.BSTR, **_FLAGS
)
PUT_CLASS: Final = _services_method(
    "PutClass", 8, "ppCallResult", pObject=kinds.INTERFACE, **_FLAGS
)
DELETE_CLASS: Final = _services_method(
    "DeleteClass", 10, "ppCallResult", strClass=kinds.BSTR, **_FLAGS
)
CREATE_CLASS_ENUM: Final = _enumerating("CreateClassEnum", 12, strSuperClass=kinds.BSTR)
PUT_INSTANCE: Final = _services_method(
    "PutInstance", 14, "ppCallResult", pInst=kinds.INTERFACE, **_FLAGS
)
DELETE_INSTANCE: Final = _services_method(
    "DeleteInstance", 16, "ppCallResult", strObjectPath=kinds.BSTR, **_FLAGS
)
CREATE_INSTANCE_ENUM: Final = _enumerating("CreateInstanceEnum", 18, strSuperClass=kinds.BSTR)
EXEC_QUERY: Final = _enumerating("ExecQuery", 20, **_QUERY)
EXEC_NOTIFICATION_QUERY: Final = _enumerating("ExecNotificationQuery", 22, **_QUERY)
EXEC_METHOD: Final = _services_method(
    "ExecMethod",
    24,
    "ppOutParams",
    "ppCallResult",
    strObjectPath=kinds.BSTR,
    strMethodName=kinds.BSTR,
    **_FLAGS,
    pInParams=kinds.INTERFACE,
)
SERVICES: Final = _interface(
    "IWbemServices",
    "9556DC99-828C-11CF-A37E-00AA003240C7",
    GET_OBJECT,
    PUT_CLASS,
    DELETE_CLASS,
    CREATE_CLASS_ENUM,
    PUT_INSTANCE,
    DELETE_INSTANCE,
    CREATE_INSTANCE_ENUM,
    EXEC_QUERY,
    EXEC_NOTIFICATION_QUERY,
    EXEC_METHOD,
)

RESET: Final = Method("Reset", 3, {}, {})
NEXT: Final = Method(
    "Next",
    4,
    {"lTimeout": kinds.I32, "uCount": kinds.U32},
    {"apObjects": kinds.INTERFACES, "puReturned": kinds.U32},
)
CLONE: Final = Method("Clone", 6, {}, {"ppEnum": kinds.INTERFACE})
SKIP: Final = Method("Skip", 7, {"lTimeout": kinds.I32, "nCount": kinds.U32}, {})
ENUMERATOR: Final = _interface(
    "IEnumWbemClassObject", "027947E1-D731-11CE-A357-000000000001", RESET, NEXT, CLONE, SKIP
)

GET_RESULT_STRING: Final = Method(
    "GetResultString", 4, {"lTimeout": kinds.I32}, {"pstrResultString": kinds.BSTR}
)
GET_CALL_STATUS: Final = Method(
    "GetCallStatus", 6, {"lTimeout": kinds.I32}, {"plStatus": kinds.U32}
)
CALL_RESULT: Final = _interface(
    "IWbemCallResult",
    "44ACA675-E8FC-11D0-A07C-00C04FB68820",
    GET_RESULT_STRING,
    GET_CALL_STATUS,
)

INTERFACES: Final = {
    one.iid: one
    for one in (
        ACTIVATOR,
        EXPORTER,
        REMOTE_UNKNOWN,
        REMOTE_UNKNOWN_2,
        LEVEL1_LOGIN,
        SERVICES,
        ENUMERATOR,
        CALL_RESULT,
    )
}
"""By their GUIDs."""
