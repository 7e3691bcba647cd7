"""Messages under tests/wire/fault are written in the form of recorded ones, and used both ways."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mi import errors
from mi.instance import Instance
from mi.results import CimType, ErrorCategory, Result
from protocols.meanings.circumstances import Circumstances
from protocols.meanings.numbers import MEANINGS, NUMBERS
from protocols.wsman import namespaces as ns
from protocols.wsman.envelope import parse, serialize_fault
from protocols.wsman.fault import Fault
from protocols.wsman.fault_subcodes import ROWS, Row

PROJECT = Path(__file__).parents[2]
WIRE = PROJECT / "tests" / "wire" / "fault"
TRANSCRIPTS = PROJECT.parent / "shared" / "transcripts"
LIMIT = 1_000_000
ASKED = "uuid:F0824923-8A06-485B-885E-03787485549A"
ANSWERED = "uuid:4DB571F9-F8DE-48FD-872C-2AF08D996249"


def instance(class_name: str, **values: tuple[CimType, object]) -> Instance:
    return Instance.received(
        class_name,
        {name: value for name, (_, value) in values.items()},
        None,
        None,
        types={name: cim_type for name, (cim_type, _) in values.items()},
    )


NOT_FOUND = "The service cannot find the resource identified by the resource URI and selectors."
STATUS = instance(
    "__ExtendedStatus",
    Description=(CimType.STRING, None),
    Operation=(CimType.STRING, "GetObject"),
    ParameterInfo=(CimType.STRING, 'Win32_Process.Handle="29"'),
    ProviderName=(CimType.STRING, "CIMWin32"),
    StatusCode=(CimType.UINT32, 0x80041002),
)
QUOTA = instance(
    "MSFT_WmiError",
    CIMStatusCode=(CimType.UINT32, 27),
    CIMStatusCodeDescription=(CimType.STRING, None),
    Message=(CimType.STRING, "This user is allowed a maximum number of 1500 operations."),
    MessageID=(CimType.STRING, "HRESULT 0x803381a6"),
    PerceivedSeverity=(CimType.UINT16, 0),
    error_Category=(CimType.UINT32, 30),
    error_Code=(CimType.UINT32, 2150859174),
    error_Type=(CimType.STRING, "HRESULT"),
)

# name: (what is said, the message it relates to)
FAULTS = {
    "timed-out": (
        Fault.of("OPERATION_TIMEDOUT", "The operation did not end within OperationTimeout."),
        ASKED,
    ),
    "not-found": (
        replace(
            Fault.of("RESOURCE_NOT_FOUND", NOT_FOUND, provider="WMI Provider"),
            wsman_codes=(2150858752, 2150858752),
            extended_status=STATUS,
        ),
        ASKED,
    ),
    "access-denied": (Fault.of("ERROR_ACCESS_DENIED", "Access is denied."), ASKED),
    "no-such-shell": (
        Fault.of("UNEXPECTED_SELECTORS", "Invalid selectors.", provider="Shell provider"),
        ASKED,
    ),
    "quota": (
        Fault(
            "Receiver",
            "w:InternalError",
            reason="This user is allowed a maximum number of 1500 operations.",
            message="This user is allowed a maximum number of 1500 operations.",
            extended_error=QUOTA,
        ),
        None,
    ),
    "must-understand": (
        Fault(
            "MustUnderstand",
            reason="A header that must be understood is not.",
            not_understood=(f"{{{ns.WSMAN}}}FragmentTransfer",),
        ),
        ASKED,
    ),
    "unable-to-renew": (Fault("Receiver", "e:UnableToRenew", reason="Gone."), ASKED),
}


def golden(name: str) -> bytes:
    return (WIRE / f"{name}.xml").read_bytes().rstrip(b"\n")


def read(inside: str, header: str = "", extra: str = "") -> Fault:
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in ns.PREFIXES.items())
    message = (
        f"<s:Envelope {names} {extra}><s:Header>{header}</s:Header>"
        f"<s:Body><s:Fault>{inside}</s:Fault></s:Body></s:Envelope>"
    )
    fault = parse(message.encode(), None, limit=LIMIT)
    assert isinstance(fault, Fault)
    return fault


# Both directions


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_written_as_the_golden_message_byte_for_byte(name: str) -> None:
    fault, relates_to = FAULTS[name]
    assert serialize_fault(fault, relates_to, ANSWERED) == golden(name)


@pytest.mark.parametrize("name", FAULTS)
def test_the_golden_message_is_read_as_the_fault_that_it_is(name: str) -> None:
    fault, _ = FAULTS[name]
    assert parse(golden(name), ASKED, limit=LIMIT) == fault


@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_that_a_server_may_report_becomes_the_error_of_its_row(name: str) -> None:
    fault = parse(serialize_fault(Fault.of(name, "Text."), ASKED, ANSWERED), ASKED, limit=LIMIT)
    assert isinstance(fault, Fault)
    assert fault.wsman_code == NUMBERS[name]
    error, row = fault.error(), MEANINGS[NUMBERS[name]]
    assert error.message == "Text."
    assert (error.result, error.category) == (row.result, row.category)
    assert error.native_code == row.number


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(filter(None, row[:3])))
def test_each_code_of_the_specifications_becomes_an_error_without_any_number(row: Row) -> None:
    fault = Fault(row.code, row.subcode, row.detail, "Text.", "")
    again = parse(serialize_fault(fault, ASKED, ANSWERED), ASKED, limit=LIMIT)
    assert again == fault
    error, meaning = fault.error(), MEANINGS[NUMBERS[row.names[0]]]
    assert (error.result, error.category) == (meaning.result, meaning.category)
    assert (error.native_code, error.native_type) == (None, None)


@pytest.mark.parametrize(
    ("subcode", "action"),
    [
        (None, ns.ADDRESSING_FAULT),
        ("a:DestinationUnreachable", ns.ADDRESSING_FAULT),
        ("n:TimedOut", ns.ENUMERATION_FAULT),
        ("e:UnableToRenew", ns.EVENTING_FAULT),
        ("x:InvalidRepresentation", ns.TRANSFER_FAULT),
        ("b:PolymorphismModeNotSupported", ns.CIM_BINDING_FAULT),
        ("w:TimedOut", ns.WSMAN_FAULT_ACTION),
        ("Unheard", ns.WSMAN_FAULT_ACTION),
    ],
)
def test_the_action_of_a_fault_goes_by_the_namespace_of_its_subcode(
    subcode: str | None, action: str
) -> None:
    assert Fault("Sender", subcode).action == action


# Reading


def test_a_fault_without_anything_in_it_is_still_one() -> None:
    fault = read("")
    assert fault == Fault("Receiver")
    assert fault.error().message == "the server gives no reason for its fault (Receiver)"


def test_codes_are_read_by_namespace_whatever_the_prefix() -> None:
    fault = read(
        "<s:Code><s:Value> env:Sender\n</s:Value><s:Subcode><s:Value>\n q:TimedOut </s:Value>"
        "</s:Subcode></s:Code>",
        extra=f'xmlns:q="{ns.ENUMERATION}"',
    )
    assert (fault.code, fault.subcode) == ("Sender", "n:TimedOut")


@pytest.mark.parametrize("qname", ["q:TimedOut", "TimedOut", "e:TimedOut"])
def test_a_subcode_with_an_undeclared_or_foreign_prefix_keeps_its_name(qname: str) -> None:
    fault = read(
        f'<s:Code><s:Value/><s:Subcode><s:Value xmlns:e="urn:e">{qname}</s:Value></s:Subcode>'
        "</s:Code>"
    )
    assert (fault.code, fault.subcode) == ("Receiver", "TimedOut")
    assert fault.is_timeout


def test_an_empty_subcode_is_none() -> None:
    assert read("<s:Code><s:Subcode><s:Value/></s:Subcode></s:Code>").subcode is None
    assert read("<s:Code><s:Subcode/></s:Code>").subcode is None


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ('<s:Text xml:lang="de-DE">Nein</s:Text><s:Text xml:lang="en-US">No </s:Text>', "No"),
        ('<s:Text xml:lang="en-US"/><s:Text xml:lang="de-DE">Nein</s:Text>', "Nein"),
        ("<s:Text/><s:Text>Either</s:Text><s:Text>Or</s:Text>", "Either"),
        ("<s:Text/>", ""),
        ("", ""),
    ],
)
def test_the_reason_is_the_english_text_else_the_first_that_is_not_empty(
    texts: str, reason: str
) -> None:
    assert read(f"<s:Reason>{texts}</s:Reason>").reason == reason


def test_a_short_or_misspelt_detail_is_known() -> None:
    detail = (
        "<s:Detail><w:FaultDetail>wsman:faultDetail/AmbigousSelectors</w:FaultDetail></s:Detail>"
    )
    assert read(detail).detail == "AmbiguousSelectors"


# Errors


def test_the_text_nearest_to_the_cause_is_the_message() -> None:
    fault = Fault(reason="Outer.", message="Inner.")
    assert fault.error().message == "Inner."
    assert Fault(reason="Outer.").error().message == "Outer."


def test_a_fault_without_a_text_names_its_codes_and_its_number() -> None:
    fault = Fault("Sender", "n:CannotProcessFilter", wsman_codes=(2150858778,))
    assert fault.error().message == (
        "the server gives no reason for its fault (Sender, n:CannotProcessFilter,"
        " ENUMERATE_CANNOT_PROCESS_FILTER, 2150858778)"
    )
    assert Fault(wsman_codes=(77,)).error().message == (
        "the server gives no reason for its fault (Receiver) (error 77, 0x0000004D)"
    )


def test_a_fault_is_the_same_under_other_circumstances_but_its_advice_is_not() -> None:
    fault = Fault.of("WBEM_E_INVALID_CLASS", "No.")
    told = fault.under(Circumstances("Win32_Foo", namespace="root/cimv2"))
    assert told == fault
    assert "the class Win32_Foo, and whether it is in the namespace" in str(told.error().advice)
    assert "Win32_Foo" not in str(fault.error().advice)


def test_the_error_says_what_wmi_was_doing() -> None:
    error = parse(golden("not-found"), ASKED, limit=LIMIT).error()
    assert error.message == f'{NOT_FOUND} (GetObject: Win32_Process.Handle="29")'
    assert isinstance(error, errors.NotFound)
    assert (error.native_code, error.native_type) == (0x80041002, "HRESULT")


@pytest.mark.parametrize("values", [{}, {"Operation": (CimType.STRING, None)}])
def test_a_status_that_says_nothing_adds_nothing(values: dict[str, tuple[CimType, object]]) -> None:
    assert Fault(reason="No.", extended_status=instance("S", **values)).error().message == "No."


def test_a_status_of_the_wrong_form_is_told_as_it_is() -> None:
    status = instance("S", Operation=(CimType.STRING_ARRAY, ["a", "b"]))
    assert Fault(reason="No.", extended_status=status).error().message == "No. (['a', 'b'])"


def test_the_error_names_the_headers_that_were_not_understood() -> None:
    error = parse(golden("must-understand"), ASKED, limit=LIMIT).error()
    assert error.message == "A header that must be understood is not. (FragmentTransfer)"
    assert isinstance(error, errors.NotSupported)


def test_the_servers_own_instance_is_the_extended_error() -> None:
    error = parse(golden("quota"), ASKED, limit=LIMIT).error()
    assert error.extended_error == QUOTA
    assert error.category is ErrorCategory.QUOTA_EXCEEDED
    assert isinstance(error, errors.LimitsExceeded)


@pytest.mark.parametrize("name", ["error_Category", "OMI_Category"])
def test_the_servers_own_category_is_taken_over(name: str) -> None:
    error = instance("E", **{name: (CimType.UINT32, 19)})
    assert Fault(extended_error=error).error().category is ErrorCategory.RESOURCE_BUSY


@pytest.mark.parametrize("category", [0, 26, 27, 99, None, "much", [15]])
def test_a_category_that_would_mislead_or_is_none_is_not_taken_over(category: object) -> None:
    error = Fault(extended_error=instance("E", error_Category=(CimType.UINT32, category))).error()
    assert error.category is ErrorCategory.NOT_SPECIFIED
    assert type(error) is errors.MIError


def test_without_an_instance_of_the_servers_one_is_made_from_the_facts() -> None:
    error = Fault.of("ERROR_ACCESS_DENIED", "Access is denied.").error()
    assert error.extended_error["error_Code"] == 5
    assert error.extended_error["Message"] == "Access is denied."


# What a conversation asks


@pytest.mark.parametrize(
    "fault",
    [
        Fault("Receiver", "w:TimedOut"),
        Fault("Receiver", "n:TimedOut"),
        Fault(wsman_codes=(2150858793,)),
        Fault(extended_error=instance("MSFT_WmiError", error_Code=(CimType.UINT32, 2150858780))),
        Fault("Receiver", "w:TimedOut", wsman_codes=(0x80338FFF,)),
    ],
)
def test_a_timeout_is_told_by_number_or_subcode_and_leaves_the_enumeration_open(
    fault: Fault,
) -> None:
    assert fault.is_timeout
    if not fault.wsman_codes or fault.wsman_codes[0] != 0x80338FFF:
        assert not fault.ends_context
    assert isinstance(fault.error(), errors.OperationTimeout)


@pytest.mark.parametrize(
    "fault",
    [Fault("Sender", "w:EncodingLimit"), Fault.of("QUOTA_MAX_OPERATIONS", ""), FAULTS["quota"][0]],
)
def test_a_pull_refused_for_size_or_quota_leaves_the_enumeration_open(fault: Fault) -> None:
    assert not fault.ends_context
    assert not fault.is_timeout


@pytest.mark.parametrize(
    "fault",
    [
        Fault(),
        Fault("Receiver", "n:InvalidEnumerationContext"),
        Fault.of("ERROR_ACCESS_DENIED", ""),
        Fault(wsman_codes=(0x80338FFF,)),
    ],
)
def test_any_other_fault_ends_the_enumeration(fault: Fault) -> None:
    assert fault.ends_context
    assert not fault.is_timeout


@pytest.mark.parametrize(
    "fault",
    [
        Fault.of("SUBSCRIPTION_CLOSED", ""),
        Fault.of("SUBSCRIPTION_CLIENT_DID_NOT_CALL_WITHIN_HEARTBEAT", ""),
        Fault("Receiver", "n:InvalidEnumerationContext"),
        Fault("Receiver", "e:SourceShuttingDown"),
        Fault("Sender", "a:DestinationUnreachable", reason="Enumeration context not found"),
    ],
)
def test_some_faults_say_that_a_subscription_is_there_no_more(fault: Fault) -> None:
    assert fault.ends_subscription


@pytest.mark.parametrize("fault", [Fault(), Fault.of("ERROR_ACCESS_DENIED", "")])
def test_other_faults_say_nothing_about_a_subscription(fault: Fault) -> None:
    assert not fault.ends_subscription


# The recordings: name, error, number, kind of number, start of the message

RECORDED = """
masterzen/fixture_test-07 OperationTimeout 2150858793 WINRM The WS-Management service cannot
omi/test_wsmanparser-02 NoSuchProperty 12 MI The specified property does not exist.
omi/test_wsmanparser-05 NotFound 2150858752 WINRM The WS-Management service cannot process
omi-live/016-enum-gadgets-embedded-response NotSupported 7 MI The requested operation is
omi-live/018-enum-embedded-instances-response NotSupported 7 MI The requested operation is
omi-live/020-enum-associations-refs-response NotSupported 7 MI The requested operation is
omi-live/024-enum-mode-object-and-epr-ref-keys-response NotSupported 7 MI The requested
omi-live/032-enum-empty-result-response MIError 1 MI A general error occurred
omi-live/034-enum-win32process-ms-wmi-uri-no-selector-response InvalidClass 5 MI The specified
omi-live/046-pull-released-context-response InvalidEnumerationContext - - Enumeration context
omi-live/054-get-no-key-response InvalidParameter - - get-instance: instance name parameter
omi-live/056-get-extra-key-response NoSuchProperty 12 MI The specified property does not exist.
omi-live/058-get-ref-key-selector-response NotSupported 7 MI The requested operation is
omi-live/064-create-Employee-again-response MIError - - A result expected from this request
omi-live/076-delete-Test_LogicalDisk-again-response MIError - - An unexpected result was received
omi-live/078-create-MSFT_Person-again-response AlreadyExists 11 MI The operation cannot be invoked
omi-live/080-put-MSFT_Person-response NotSupported 7 MI The requested operation is
omi-live/082-delete-MSFT_Person-response NotFound 6 MI The requested object cannot be found.
omi-live/084-create-XYZ_Widget-response NotSupported 7 MI The requested operation is
omi-live/086-get-created-XYZ_Widget-response NotSupported 7 MI The requested operation is
omi-live/088-get-after-put-XYZ_Widget-response NotSupported 7 MI The requested operation is
omi-live/090-delete-XYZ_Widget-again-response NotSupported 7 MI The requested operation is
omi-live/092-create-MSFT_President-again-response NotSupported 7 MI The requested operation is
omi-live/094-put-MSFT_President-response NotSupported 7 MI The requested operation is
omi-live/096-delete-MSFT_President-response NotSupported 7 MI The requested operation is
omi-live/114-create-bad-type-response MIError 1 MI A general error occurred
omi-live/120-get-variant-cimDatetime-response MIError 1002 MI Invalid CIM_Error object
omi-live/124-get-variant-xsitype-cimDatetime-response MIError 1002 MI Invalid CIM_Error object
omi-live/134-invoke-static-create-ms-uri-response MIError - - the server gives no reason
omi-live/140-invoke-unknown-method-response MIError 1 MI A general error occurred
omi-live/142-invoke-bad-param-type-response MIError 1 MI A general error occurred
omi-live/156-invoke-harderror-response MIError 1 MI Hard error message
omi-live/174-associators-bad-class-response InvalidClass 5 MI The specified class does not exist.
omi-live/184-wql-syntax-error-response InvalidQuery 15 MI The query is not valid
omi-live/186-wql-bad-property-response InvalidQuery 15 MI The query is not valid
omi-live/192-getclass-cimxml-uri-response InvalidParameter - - get-instance: instance name
omi-live/196-getclass-cimxml-badclass-response InvalidClass 5 MI The specified class does not
omi-live/200-enum-namespaces-response InvalidNamespace 3 MI The target namespace does not exist.
omi-live/206-pull-after-unsubscribe-response InvalidEnumerationContext - - Enumeration context
omi-live/216-subscribe-bad-class-response NotFound 6 MI No indication class was found
omi-live/220-getstatus-response NotSupported - - Unsupported action requested.
omi-live/222-fault-bad-class-ntlm-encrypted-response InvalidClass 5 MI The specified class does
omi-live/224-fault-bad-class-invoke-response InvalidClass 5 MI The specified class does not exist.
omi-live/226-fault-no-resource-uri-response InvalidParameter - - mandatory parameters
omi-live/230-fault-not-soap-response InvalidParameter - - Failed to parse XML.
omi-live/236-fault-duplicate-selector-response MIError - - the server gives no reason
omi-live/240-utf8-bom-and-decl-response InvalidParameter - - Failed to parse XML.
omi-live/250-optimeout-timestamp-response InvalidOperationTimeout - - OperationTimeout must be
omi-live/260-get-winrm-config-response InvalidParameter - - get-instance: instance name parameter
pypsrp/psrp_is_alive_invalid_selectors-04-response InvalidParameter 2150858843 WINRM The WS-Man
pypsrp/psrp_is_alive_other_wsman_error-03-response InvalidParameter 2150858767 WINRM The WS-Man
pypsrp/quoted-fault-mustunderstand NotSupported - - The WS-Management service cannot process a SOAP
pypsrp/winrs_no_cmd_shell-01-response NotFound 2147942402 HRESULT The system cannot find the file
pywinrm/exceptions-01 MIError - - the server gives no reason for its fault (Unknown) (ResourceUri)
pywinrm/exceptions-02 OperationTimeout 2150858793 WINRM The WS-Management service cannot complete
pywinrm/exceptions-04 LimitsExceeded 2150859174 HRESULT WMI Message.
virt-who/test_hyperv-01 InvalidQuery 2150858778 WINRM the server gives no reason for its fault
winrb/soap_fault_v2 InvalidQuery 2150858778 WINRM The specified class does not exist in the given
winrmsharp/ProtocolRunCommandExceedingOperationTimeout-02-response OperationTimeout 2150858793 WINRM
wiseman/05-6.3-Get_failure_-_invalid_resoure_URI InvalidClass - - Handler not found for resource
""".strip().splitlines()  # fmt: skip


@pytest.mark.skipif(not TRANSCRIPTS.exists(), reason="the transcripts are not here")
@pytest.mark.parametrize("line", RECORDED, ids=lambda line: line.partition(" ")[0])
def test_a_recorded_fault_becomes_the_right_error(line: str) -> None:
    name, kind, number, native_type, *message = line.split(" ", 4)
    fault = parse((TRANSCRIPTS / f"{name}.xml").read_bytes(), None, limit=LIMIT)
    assert isinstance(fault, Fault)
    error = fault.error()
    assert type(error).__name__ == kind
    assert error.native_code == (None if number == "-" else int(number))
    assert error.native_type == (None if native_type == "-" else native_type)
    assert error.message.startswith("".join(message))


@pytest.mark.skipif(not TRANSCRIPTS.exists(), reason="the transcripts are not here")
def test_no_recorded_fault_is_left_out() -> None:
    listed = {line.partition(" ")[0] for line in RECORDED}
    for path in TRANSCRIPTS.rglob("*.xml"):
        name = path.relative_to(TRANSCRIPTS).with_suffix("").as_posix()
        data = path.read_bytes()
        if b":Fault>" in data or b":Fault " in data:
            assert name in listed, name


# Property-based

NAMES = [
    f"{{{ns.SOAP}}}{name}" for name in ("Code", "Value", "Subcode", "Reason", "Text", "Detail")
]
NAMES += [f"{{{ns.WSMAN}}}FaultDetail", "{urn:p}MSFT_WmiError", "{urn:p}__ExtendedStatus"]
NAMES += [
    f"{{{ns.WSMAN_FAULT}}}{name}"
    for name in ("WSManFault", "Message", "ProviderFault", "ExtendedError")
]
NAMES += [f"{{urn:p}}{name}" for name in ("StatusCode", "Operation", "error_Code", "MessageID")]
TEXTS = st.sampled_from(
    ["", " ", "s:Sender", "w:TimedOut", "5", "-1", "x", "9" * 30, "OMI:MI_Result:" + "9" * 5000]
)


def tree(children: st.SearchStrategy[list[etree._Element]]) -> st.SearchStrategy[etree._Element]:
    def build(tag: str, text: str, code: str, inside: list[etree._Element]) -> etree._Element:
        element = etree.Element(tag, Code=code, provider=code, nsmap={"w": ns.WSMAN})
        element.text = text
        element.extend(inside)
        return element

    return st.builds(build, st.sampled_from(NAMES), TEXTS, TEXTS, children)


TREES = st.recursive(
    tree(st.just([])), lambda inner: tree(st.lists(inner, max_size=4)), max_leaves=20
)


@given(st.lists(TREES, max_size=4))
def test_whatever_a_fault_holds_becomes_an_error(children: list[etree._Element]) -> None:
    element = etree.Element(f"{{{ns.SOAP}}}Fault")
    element.extend(children)
    fault = Fault.read(element)
    error = fault.error()
    assert error.message
    assert error.result is not Result.OK
    assert isinstance(fault.is_timeout, bool)
    assert isinstance(fault.ends_context, bool)


@pytest.mark.parametrize(
    ("name", "is_quota"),
    [
        ("QUOTA_MAX_OPERATIONS", True),
        ("QUOTA_USER", True),
        ("QUOTA_MAX_OPERATIONS_USER_PPQ", True),
        ("OPERATION_TIMEDOUT", False),
        ("INVALID_SELECTORS", False),
    ],
)
def test_a_want_of_quota_is_told_from_other_faults(name: str, is_quota: bool) -> None:
    assert Fault(wsman_codes=(NUMBERS[name],)).is_quota is is_quota
