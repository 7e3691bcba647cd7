"""What OMI was asked once, as calls of the public API, and what comes of its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import Any, NamedTuple

from mi.errors import (
    AlreadyExists,
    InvalidClass,
    InvalidEnumerationContext,
    InvalidNamespace,
    InvalidParameter,
    InvalidQuery,
    MIError,
    NoSuchProperty,
    NotFound,
    NotSupported,
    ProtocolError,
)
from mi.instance import Instance
from mi.options import OperationOptions
from mi.results import CimType, Flags, OperationFlags
from mi.session import Session
from protocols.wsman.namespaces import DMTF_ALL_CLASSES, DMTF_CIM_SCHEMA, WMI

TEXT = OperationFlags.NO_RTTI
CIMV2, TEST, CPP, C = "root/cimv2", "root/test", "test/cpp", "test/c"
WQL = "SELECT * FROM Win32_Process WHERE ProcessId < 20"
OF_PROCESS = OperationOptions(resource_uri=f"{DMTF_CIM_SCHEMA}/Win32_Process")
ALL = OperationOptions(resource_uri=DMTF_ALL_CLASSES, max_elements=5)


class Row(NamedTuple):
    """Recorded exchanges that one call leads to.

    Attributes:
        exchanges: their numbers in order; `=CONTEXT` is a first page that was not recorded.
        ask: the call, and what counts of its result.
        gives: that, or the error that it ends in.
    """

    exchanges: str
    ask: Callable[[Session], Any]
    gives: Any


def key(class_name: str, namespace: str = CIMV2, /, **keys: Any) -> Instance:
    """Return what names an object; a number's type is not sent."""
    made = Instance(class_name, namespace=namespace)
    for name, value in keys.items():
        made.add(name, value, flags=Flags.KEY)
    return made


def built(class_name: str, namespace: str, keys: dict[str, Any], /, **values: Any) -> Instance:
    made = key(class_name, namespace, **keys)
    for name, value in values.items():
        made.add(name, value)
    return made


PROCESS = key("Win32_Process", Handle="8")
DISK = key("Test_LogicalDisk", TEST, diskID="77", driveLetter="Q")
WIDGET = key("XYZ_Widget", SerialNumber="77")
PRESIDENT = key("MSFT_President", TEST, Key="1")
PERSON = key("MSFT_Person", C, Key="77")
EMPLOYEE = key("Employee", TEST, SSN="123-45")
CALC = "TestClass_MethodProvider_Calc"


def some(
    class_name: str,
    namespace: str = CIMV2,
    names: Iterable[str] = (),
    most: int = 1000,
    **keywords: Any,
) -> Callable[[Session], Any]:
    """Enumerate, take as many as that, and return these properties of each."""

    def ask(session: Session) -> Any:
        with session.enumerate_instances(
            class_name, namespace=namespace, flags=TEXT | keywords.pop("flags", 0), **keywords
        ) as found:
            taken = list(islice(found, most))
        return [[one.get(name) for name in names] for one in taken]

    return ask


def queried(
    query: str, dialect: str = "WQL", options: OperationOptions | None = None
) -> Callable[[Session], Any]:
    def ask(session: Session) -> Any:
        found = session.query_instances(query, dialect, options=options, flags=TEXT)
        return [one["Name"] for one in found]

    return ask


def got(instance: Instance, *names: str) -> Callable[[Session], Any]:
    def ask(session: Session) -> Any:
        found = session.get_instance(instance, flags=TEXT)
        return [found.get(name) for name in names]

    return ask


def created(instance: Instance) -> Callable[[Session], Any]:
    return lambda session: dict(session.create_instance(instance, flags=TEXT).key)


def modified(instance: Instance) -> Callable[[Session], Any]:
    return lambda session: dict(session.modify_instance(instance, flags=TEXT) or {})


def deleted(instance: Instance) -> Callable[[Session], Any]:
    return lambda session: session.delete_instance(instance)


def called(target: Any, method: str, namespace: str = CIMV2, **given: Any) -> Any:
    def ask(session: Session) -> Any:
        result = session.invoke(target, method, given, namespace=namespace, flags=TEXT)
        return result.return_value, dict(result.out)

    return ask


SHALLOW = OperationFlags.POLYMORPHISM_SHALLOW
BASE_ONLY = OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY


def all_types() -> Instance:
    made = key("TestClass_AllDMTFTypes", TEST)
    made.add("v_Key", 501, type=CimType.UINT32, flags=Flags.KEY)
    for name, value, cim_type in (
        ("v_bool", True, CimType.BOOLEAN),
        ("v_uint8", 255, CimType.UINT8),
        ("v_sint8", -128, CimType.SINT8),
        ("v_UINT16", 65535, CimType.UINT16),
        ("v_sint16", -32768, CimType.SINT16),
        ("v_uint32", 4294967295, CimType.UINT32),
        ("v_sint32", -2147483648, CimType.SINT32),
        ("v_uint64", 18446744073709551615, CimType.UINT64),
        ("v_sint64", -9223372036854775808, CimType.SINT64),
        ("v_rEal32", 1.5, CimType.REAL32),
        ("v_Real64", -2.25e10, CimType.REAL64),
        ("v_char16", "A", CimType.CHAR16),
        ("v_string", "h\u00e9llo <x> \u4f60\u597d \U0001f600", CimType.STRING),
        ("v_DATETIME", AT, CimType.DATETIME),
        ("v_embeddedInstance", EMBEDDED, CimType.INSTANCE),
    ):
        made.add(name, value, type=cim_type)
    return made


AT = datetime(2024, 2, 29, 12, 34, 56, 123456, timezone(timedelta(hours=1)))
EMBEDDED = Instance("TestClass_ForEmbedded", {"embeddedStringValue": "emb"}, namespace=TEST)


def all_arrays() -> Instance:
    made = key("TestClass_AllDMTFArrays", TEST)
    made.add("v_Key", 601, type=CimType.UINT32, flags=Flags.KEY)
    for name, value, cim_type in (
        ("a_bool", [True, False], CimType.BOOLEAN_ARRAY),
        ("a_uint8", [1, 2], CimType.UINT8_ARRAY),
        ("a_string", ["x", ""], CimType.STRING_ARRAY),
        (
            "a_DATETIME",
            [
                datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC),
                timedelta(days=1, hours=2, minutes=3, seconds=4),
            ],
            CimType.DATETIME_ARRAY,
        ),
        ("a_rEal32", [1.25], CimType.REAL32_ARRAY),
    ):
        made.add(name, value, type=cim_type)
    return made


def emptied() -> Instance:
    made = built("Employee", TEST, {"SSN": "123-45"}, firstName="Ada2", lastName="")
    made["lastName"] = None
    return made


SCALARS = {
    "b": True, "u8": 1, "s8": -1, "u16": 2, "s16": -2, "u32": 3, "s32": -3, "u64": 4, "s64": -4,
    "r32": 1.5, "r64": 2.5, "dt": datetime(2010, 3, 1, 12, tzinfo=UTC), "s": "str",
}  # fmt: skip
ARRAYS = {
    "bA": [True, True], "u8A": [1, 1], "s8A": [-1, -1], "u16A": [2, 2], "s16A": [-2, -2],
    "u32A": [3, 3], "s32A": [-3, -3], "u64A": [4, 4], "s64A": [-4, -4], "r32A": [1.5, 1.5],
    "r64A": [2.5, 2.5], "sA": ["a", "b"],
    "dtA": [datetime(2010, 3, 1, 12, tzinfo=UTC), timedelta(days=1, hours=2, minutes=3, seconds=4)],
}  # fmt: skip


def parameters(**plain: Any) -> Instance:
    """Return parameters of which one or another says its type."""
    made = Instance("Parameters", plain)
    if "s" in plain:
        made.add("c16", "A", type=CimType.CHAR16)
        made.add("rf", key("MSFT_Base", TEST, Key="7"), type=CimType.REFERENCE)
    if "sA" in plain:
        made.add("c16A", ["A"], type=CimType.CHAR16_ARRAY)
    return made


def tested(instance: Instance, given: Instance) -> Callable[[Session], Any]:
    def ask(session: Session) -> Any:
        out = session.invoke(instance, "TestAllTypes", given, flags=TEXT).out
        return [out[name] for name in ("b", "u8", "s", "c16", "u8A", "dtA", "sA")]

    return ask


def belonging(
    kind: str, instance: Instance, names: Iterable[str], most: int = 1000, **narrowed: Any
) -> Any:
    def ask(session: Session) -> Any:
        call = getattr(session, f"{kind}_instances")
        with call(instance, options=ALL, flags=TEXT, **narrowed) as found:
            return [[str(one.get(name)) for name in names] for one in islice(found, most)]

    return ask


WORLD = key("X_numberWorld", CPP, Name="theWorld")
PROFILE = key("X_Profile", CPP, InstanceID="world")
NUMBERS = Instance("Numbers", namespace=TEST)
NUMBERS.add("numbers", [1, 2], type=CimType.SINT64_ARRAY)
NUMBERS.add("count", 2, type=CimType.SINT64)
OBJECT = Instance("MSFT_Person", {"Key": "18", "Species": "monster"}, namespace=TEST)
OTHER = Instance("X_TestObject", {"id": "5"}, namespace=TEST)

ROWS = [
    Row("001", lambda s: s.test_connection()["ProductVendor"], "Open Management Infrastructure"),
    Row("002", lambda s: s.test_connection()["ProductVendor"], "Open Management Infrastructure"),
    Row("003", lambda s: s.test_connection()["ProductVendor"], "Open Management Infrastructure"),
    # Enumerations
    Row("006", some("OMI_Identify", "root/omi", ["ProductName"], 1), [["OMI"]]),
    Row("=2557018114 008", some("XYZ_Widget", names=["SerialNumber"]), [["1"], ["2"]]),
    Row("=1215496194 010", some("MSFT_President", TEST, ["Last"], 1), [["Adams"]]),
    Row("=1215496194 012", some("MSFT_President", TEST, ["Last"], 1), [["Madison"]]),
    Row("014", some("MSFT_President", TEST, ["Last"], 1), [["Washington"]]),
    Row("016", some("XYZ_Gadget"), NotSupported),
    Row("018", some("TestEmbeddedOperations", TEST), NotSupported),
    Row("020", some("XYZ_Connector"), NotSupported),
    Row(
        "022",
        some("MSFT_President", TEST, ["Key"], keys_only=True),
        [["1"], ["2"], ["3"], ["4"], ["5"]],
    ),
    Row("026", some("XYZ_ColorBase", names=["Id"], flags=SHALLOW), [["1000"]]),
    Row(
        "028",
        some("XYZ_ColorBase", names=["Id"], flags=BASE_ONLY),
        [["1000"], ["1001"], ["1002"], ["1003"], ["1004"]],
    ),
    Row("030", some("X_Number", CPP, ["Number"], 3), [["1000000"], ["1000000000"], ["1000001"]]),
    Row("032", some("X_FailedAtLoad", TEST), MIError),
    Row(
        "034",
        some("Win32_Process", options=OperationOptions(resource_uri_prefix=WMI)),
        InvalidClass,
    ),
    Row("036", some("Win32_Process", names=["Handle", "Priority"], most=1), [["0", "8"]]),
    Row("=3258122246 042", some("Win32_Process", names=["Handle"], most=1), [["12"]]),
    Row("044", some("Win32_Process", names=["Handle"], most=1), [["0"]]),
    Row("=3617521670 046", some("Win32_Process"), InvalidEnumerationContext),
    Row("048", some("Win32_Process", names=["Handle"], most=1), [["0"]]),
    Row(
        "062", some("TestClass_AllDMTFTypes", TEST, ["v_Key", "v_uint64"], 1), [["0", "4294967295"]]
    ),
    Row("200", lambda s: s.namespaces(), InvalidNamespace),
    Row("222", some("NoSuchClass"), InvalidClass),
    Row("234", some("OMI_Identify", "root/omi", ["ProductName"], 1), [["OMI"]]),
    Row("238", some("Win32_Process", names=["Handle"], most=1), [["0"]]),
    Row("248", some("OMI_Identify", "root/omi", ["ProductName"], 1), [["OMI"]]),
    Row("254", some("OMI_Identify", "root/omi", ["ProductName"], 1), [["OMI"]]),
    Row("256", some("OMI_Identify", "root/omi", ["ProductName"], 1), [["OMI"]]),
    Row("272", some("OMI_Identify", "root/omi", ["ProductName"], 1), [["OMI"]]),
    Row("274", some("OMI_Identify", "root/omi", ["ProductName"], 1), [["OMI"]]),
    # Get
    Row("050", got(PRESIDENT, "First", "Last"), ["George", "Washington"]),
    Row("052", got(PROCESS, "Name", "Priority"), ["proc2.exe", "8"]),
    Row("054", got(key("Win32_Process")), InvalidParameter),
    Row("056", got(key("Win32_Process", Handle="8", Nope="1")), NoSuchProperty),
    Row(
        "058",
        got(
            key(
                "MSFT_Friends",
                TEST,
                Left=key("MSFT_Person", TEST, Key="1"),
                Right=key("MSFT_Person", TEST, Key="2"),
            )
        ),
        NotSupported,
    ),
    Row("072", got(DISK, "sizeInGb"), ["99"]),
    Row("074", got(DISK, "sizeInGb"), ["99"]),
    Row("086", got(WIDGET), NotSupported),
    Row("088", got(WIDGET), NotSupported),
    Row(
        "100",
        got(key("TestClass_AllDMTFTypes", TEST, v_Key="501"), "v_uint64", "v_DATETIME"),
        ProtocolError,
    ),
    Row(
        "102",
        got(key("TestClass_AllDMTFTypes", TEST, v_Key="501"), "v_uint64", "v_DATETIME"),
        ProtocolError,
    ),
    Row("120", got(key("Employee", TEST, SSN="v0")), MIError),
    Row("122", got(key("Employee", TEST, SSN="v1"), "dateOfBirth"), ["1815-12-10T00:00:00Z"]),
    Row("124", got(key("Employee", TEST, SSN="v2")), MIError),
    Row("126", got(key("Employee", TEST, SSN="v3"), "dateOfBirth"), ["1815-12-10T00:00:00Z"]),
    Row("128", got(key("Employee", TEST, SSN="v4"), "firstName"), [None]),
    Row("130", got(key("Employee", TEST, SSN="v5"), "lastName"), [""]),
    Row("132", got(key("Employee", TEST, SSN="v6"), "lastName"), ["typed"]),
    # Create, modify, delete
    Row(
        "064",
        created(
            built(
                "Employee",
                TEST,
                {"SSN": "123-45"},
                firstName='Ada & "Bob"',
                lastName="L",
                dateOfBirth=datetime(1815, 12, 10, tzinfo=UTC),
            )
        ),
        MIError,
    ),
    Row(
        "066",
        modified(emptied()),
        {"SSN": "123-45", "firstName": "Ada2", "lastName": None, "dateOfBirth": None},
    ),
    Row("068", deleted(EMPLOYEE), None),
    Row(
        "070",
        created(
            built("Test_LogicalDisk", TEST, {"diskID": "77", "driveLetter": "Q"}, sizeInGb="99")
        ),
        {"diskID": "77", "driveLetter": "Q"},
    ),
    Row("076", deleted(DISK), MIError),
    Row(
        "078",
        created(built("MSFT_Person", C, {"Key": "77"}, Species="Homo", Last="Z")),
        AlreadyExists,
    ),
    Row("080", modified(built("MSFT_Person", C, {"Key": "77"}, Species="Homo2")), NotSupported),
    Row("082", deleted(PERSON), NotFound),
    Row(
        "084",
        created(built("XYZ_Widget", CIMV2, {"SerialNumber": "77"}, Color="Red", Colors=["A", "B"])),
        NotSupported,
    ),
    Row("090", deleted(WIDGET), NotSupported),
    Row(
        "092",
        created(built("MSFT_President", TEST, {"Key": "9"}, First="John", Last="Smith")),
        NotSupported,
    ),
    Row(
        "094",
        modified(built("MSFT_President", TEST, {"Key": "1"}, First="Geo", Last="Washington")),
        NotSupported,
    ),
    Row("096", deleted(PRESIDENT), NotSupported),
    Row("098", created(all_types()), {"v_Key": "501"}),
    Row("104", deleted(key("TestClass_AllDMTFTypes", TEST, v_Key="501")), None),
    Row("106", created(all_arrays()), {"v_Key": "601"}),
    Row("110", deleted(key("TestClass_AllDMTFArrays", TEST, v_Key="601")), None),
    Row("114", created(built("Test_LogicalDisk", TEST, {}, diskID="notanumber")), MIError),
    Row("116", created(built("Employee", TEST, {"SSN": "enc"}, firstName="E")), {"SSN": "enc"}),
    Row("118", deleted(key("Employee", TEST, SSN="enc")), None),
    # Methods
    Row("136", called(PROCESS, "Terminate", Reason="0"), ("0", {})),
    Row("138", called(PROCESS, "GetOwner"), ("0", {"User": "SYSTEM", "Domain": "NT AUTHORITY"})),
    Row("140", called("Win32_Process", "Nope"), MIError),
    Row("142", called(PROCESS, "Terminate", Reason="abc"), MIError),
    Row(
        "144",
        called("X_SmallNumber", "SpellNumber", CPP, num="123"),
        ("one hundred twenty three", {}),
    ),
    Row(
        "146",
        tested(key("MSFT_Person", TEST, Key="1"), parameters(**SCALARS, **ARRAYS)),
        [
            "FALSE",
            "2",
            "str!",
            "66",
            ["2", "2"],
            ["2010-03-01T12:00:00Z", "P1DT2H3M4S"],
            ["", "Q", "*"],
        ],
    ),
    Row(
        "148",
        tested(key("MSFT_Person", TEST, Key="1"), parameters(**ARRAYS)),
        ["TRUE", "1", "", "1", ["2", "2"], ["2010-03-01T12:00:00Z", "P1DT2H3M4S"], ["!", "", "*"]],
    ),
    Row(
        "150",
        tested(key("MSFT_Person", C, Key="1"), parameters(**SCALARS)),
        ["FALSE", "2", "str!", "66", ["0", "0"], None, None],
    ),
    Row("152", called(CALC, "Add", TEST, Left="2", Right="40"), ("0", {"sum": "42"})),
    Row("154", called(CALC, "AddNumbers", TEST, numbers=NUMBERS), ("0", {"sum": "3"})),
    Row("156", called(CALC, "HardError", TEST, postError=True, perceivedSeverity="3"), MIError),
    Row(
        "158",
        called(
            "TestEmbeddedOperations",
            "TestEmbedded",
            TEST,
            objectSingle=OBJECT,
            testObjectSingle=OTHER,
        ),
        (
            None,
            {
                "objectsArray": None,
                "objectSingle": None,
                "testObjectsArray": None,
                "testObjectSingle": None,
            },
        ),
    ),
    Row(
        "160",
        lambda s: s.invoke(
            key("TestEmbeddedOperations", TEST, key="1"),
            "TestEmbeddedInstanceReturnKey20100609",
            flags=TEXT,
        ).return_value["id"],
        "20100609",
    ),
    Row("224", called("NoSuchClass", "M"), InvalidClass),
    # What belongs to an object
    Row(
        "162",
        belonging("associator", WORLD, ["Number"], 5, result_class="X_SmallNumber"),
        [["1"], ["3"], ["5"], ["7"], ["9"]],
    ),
    Row(
        "164",
        belonging("associator", WORLD, ["Number"], 5, result_class="X_SmallNumber"),
        [["1"], ["3"], ["5"], ["7"], ["9"]],
    ),
    Row(
        "168",
        belonging("reference", PROFILE, ["Profile"], result_class="X_NumberWorldConformsToProfile"),
        [["<X_Profile InstanceID='world'>"]],
    ),
    Row("170", belonging("associator", PROFILE, ["Name"], keys_only=True), [["theWorld"]]),
    Row("172", belonging("reference", key("XYZ_Widget", SerialNumber="1001"), []), []),
    Row("174", belonging("associator", key("NoSuch", K="1"), []), InvalidClass),
    # Queries
    Row("176", queried(WQL), ["proc0.exe", "proc1.exe", "proc2.exe", "proc3.exe", "proc4.exe"]),
    Row(
        "178",
        queried("SELECT * FROM Win32_Process WHERE Handle='8'", options=OF_PROCESS),
        ["proc2.exe"],
    ),
    Row(
        "180",
        lambda s: len(
            queried("SELECT * FROM Win32_Process WHERE Name LIKE 'proc1_.exe'", options=OF_PROCESS)(
                s
            )
        ),
        10,
    ),
    Row("184", queried("SELEC * FRM Win32_Process"), InvalidQuery),
    Row("186", queried("SELECT * FROM Win32_Process WHERE Bogus=1"), InvalidQuery),
    Row(
        "188",
        queried(WQL, "CQL", OF_PROCESS),
        ["proc0.exe", "proc1.exe", "proc2.exe", "proc3.exe", "proc4.exe"],
    ),
    # Classes
    Row(
        "260",
        lambda s: s.get_instance(
            Instance("Config"),
            options=OperationOptions(
                resource_uri="http://schemas.microsoft.com/wbem/wsman/1/config"
            ),
            flags=TEXT,
        ),
        InvalidParameter,
    ),
    Row("191", lambda s: s.get_class("Win32_Process").keys, ()),
    Row("194", lambda s: s.get_class("MSFT_Person", namespace=TEST).keys, ("Key",)),
    Row("196", lambda s: s.get_class("NoSuch"), InvalidClass),
    Row("198", lambda s: len(s.get_class("Win32_Process").methods), 3),
    # Subscriptions
    Row("216", lambda s: s.subscribe("SELECT * FROM NoSuchInd").all(), NotFound),
    # One class for two objects, whose values have its types
    Row("052 198", lambda s: s.get_instance(PROCESS)["Priority"], 8),
]


LEFT_OUT = {
    "004": "a request without credentials is none of a session's",
    "024": "objects come with their references only where no class declares the keys",
    "060": "a part of an instance is asked for by a query",
    "108": "a Put of nothing but the key is refused: nothing was set",
    "112": "an instance to be made is named by its content",
    "134": "a namespace in the URI and in a selector says it twice",
    "182": "a namespace in the URI and in a selector says it twice",
    "190": "MI has no selector filter",
    "192": "a class is named by a selector",
    "202": "events come when they come",
    "204": "events come when they come",
    "205": "events come when they come",
    "206": "events come when they come",
    "208": "events come when they come",
    "210": "events come when they come",
    "212": "events come when they come",
    "214": "push delivery is not supported",
    "218": "events come when they come",
    "220": "MI has no GetStatus",
    "226": "no request is without a resource",
    "228": "no request is without an action",
    "230": "every request is SOAP",
    "232": "every request is well formed",
    "236": "selectors have names of their own",
    "240": "no request has a byte order mark",
    "242": "no request has comments",
    "244": "what a wrong password comes to is a matter of the logon",
    "246": "what a wrong password comes to is a matter of the logon",
    "250": "an operation's time-out is a duration",
    "252": "every request says where to reply",
    "258": "shells are no part of CIM",
}
