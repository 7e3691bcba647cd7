"""Enumerations go out as recorded: one item first, then pages, a new context each time."""

from typing import Any

import pytest

from protocols.loopback.http import Endpoint
from protocols.loopback.peer import ClientGone
from protocols.loopback.population import sample_repository
from protocols.loopback.service import Limits, Service
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.associations import ASSOCIATION_DIALECT, Association
from protocols.wsman.envelope import Request, serialize
from protocols.wsman.headers import Addressing, Selector
from protocols.wsman.namespaces import (
    ACTION_ENUMERATE,
    ACTION_PULL,
    DMTF_ALL_CLASSES,
    DMTF_CIM_SCHEMA,
    WMI,
    WQL_DIALECT,
)
from protocols.wsman.pages import Enumerate, Filter

MODE = "<w:EnumerationMode>{}</w:EnumerationMode>"
POLYMORPHISM = "<b:PolymorphismMode>{}</b:PolymorphismMode>"


def pages(client: Any, first: Any, class_name: str, most: int = 32_000) -> list[Any]:
    """Pull to the end; return every reply."""
    replies = [first]
    while replies[-1].context:
        replies.append(client.pull(replies[-1].context, class_name, most))
        assert replies[-1].status == 200
    return replies


def items(replies: list[Any]) -> list[Any]:
    return [item for reply in replies for item in reply.all("//w:Items/* | //n:Items/*")]


def names(found: list[Any]) -> list[str]:
    return [item.findtext("{*}Name") for item in found]


def test_the_first_reply_holds_one_item_and_a_context(client: Any) -> None:
    first = client.enumerate("Win32_Service")
    assert len(first.all("//n:EnumerateResponse/w:Items/*")) == 1
    assert first.context.startswith("uuid:")
    assert not first.all("//*[local-name()='EndOfSequence']")
    client.release(first.context, "Win32_Service")


def test_the_following_hold_the_rest_in_their_own_namespace_and_the_last_has_no_context(
    client: Any,
) -> None:
    replies = pages(client, client.enumerate("Win32_Service"), "Win32_Service")
    assert [len(reply.all("//n:PullResponse/n:Items/*")) for reply in replies] == [0, 124]
    last = replies[-1].all("//n:PullResponse/*")
    assert [one.tag.rpartition("}")[2] for one in last] == ["Items", "EndOfSequence"]
    assert len(set(names(items(replies)))) == 125


def test_every_reply_has_another_context(client: Any) -> None:
    replies = pages(client, client.enumerate("Win32_Service"), "Win32_Service", most=50)
    contexts = [reply.context for reply in replies[:-1]]
    assert len(contexts) == len(set(contexts)) == 3


def test_the_only_item_comes_with_the_end_and_an_empty_context(client: Any) -> None:
    # Win32_ComputerSystem of Server 2012 (recorded).
    first = client.enumerate("Win32_ComputerSystem")
    parts = first.all("//n:EnumerateResponse/*")
    assert [one.tag.rpartition("}")[2] for one in parts] == [
        "EnumerationContext", "Items", "EndOfSequence",
    ]  # fmt: skip
    assert first.context == ""
    assert parts[2].tag.startswith("{http://schemas.dmtf.org")


def test_of_nothing_there_is_the_end_at_once(client: Any) -> None:
    first = client.enumerate("Loopback_Empty")
    assert first.context == ""
    assert len(first.all("//w:Items")) == len(first.all("//w:EndOfSequence")) == 1
    assert items([first]) == []


def test_without_optimization_the_first_reply_has_only_a_context(client: Any) -> None:
    uri = f"{DMTF_CIM_SCHEMA}/Win32_ComputerSystem"
    first = client.raw_enumerate(uri, "<n:Enumerate/>")
    assert [one.tag.rpartition("}")[2] for one in first.all("//n:EnumerateResponse/*")] == [
        "EnumerationContext"
    ]
    assert len(items(pages(client, first, "Win32_ComputerSystem"))) == 1


def test_pages_are_bounded_by_max_elements(client: Any) -> None:
    replies = pages(client, client.enumerate("Win32_LogicalDisk"), "Win32_LogicalDisk", most=2)
    assert [len(items([reply])) for reply in replies] == [1, 2, 1]


def test_pages_are_bounded_by_half_of_the_envelope(client: Any) -> None:
    client.size = 20_480
    replies = pages(client, client.enumerate("Win32_Service"), "Win32_Service")
    assert len(items(replies)) == 125
    for reply in replies:
        assert len(reply.body.decode()) * 2 <= 20_480
    for reply in replies[1:-1]:
        assert len(reply.body.decode()) * 2 > 20_480 - 2 * 2500


def test_an_item_that_no_envelope_holds_ends_nothing(client: Any) -> None:
    client.size = 8192
    first = client.enumerate("Loopback_AllTypes")
    assert first.code == str(NUMBERS["MAX_ENVELOPE_SIZE_EXCEEDED"])
    uri = f"{DMTF_CIM_SCHEMA}/Loopback_AllTypes"
    context = client.raw_enumerate(uri, "<n:Enumerate/>").context
    refused = client.pull(context, "Loopback_AllTypes")
    assert refused.code == str(NUMBERS["MAX_ENVELOPE_SIZE_EXCEEDED"])
    client.size = 512_000
    replies = pages(
        client,
        client.pull(context, "Loopback_AllTypes"),
        "Loopback_AllTypes",
    )
    assert len(items(replies)) == 8


def test_a_pull_without_a_number_gets_one_item(client: Any) -> None:
    context = client.enumerate("Win32_LogicalDisk").context
    body = f"<n:Pull><n:EnumerationContext>{context}</n:EnumerationContext></n:Pull>"
    uri, selectors = (
        f"{DMTF_CIM_SCHEMA}/Win32_LogicalDisk",
        (Selector.of("__cimnamespace", "root/cimv2"),),
    )
    page = client.ask(Request(ACTION_PULL, uri, body, selectors=selectors))
    assert len(items([page])) == 1
    client.release(page.context, "Win32_LogicalDisk")


def test_a_release_ends_it(client: Any, shared: Endpoint) -> None:
    before = shared.open_contexts
    context = client.enumerate("Win32_Service").context
    assert shared.open_contexts == before + 1
    released = client.release(context, "Win32_Service")
    assert (released.status, len(released.all("//s:Body/*"))) == (200, 0)
    assert shared.open_contexts == before
    gone = client.pull(context, "Win32_Service")
    assert gone.code == str(NUMBERS["INVALID_ENUMERATION_CONTEXT"])
    assert gone.text("//s:Subcode/s:Value") == "n:InvalidEnumerationContext"


def test_the_context_before_the_newest_releases_too(client: Any, shared: Endpoint) -> None:
    first = client.enumerate("Win32_Service").context
    client.pull(first, "Win32_Service", most=1)
    assert client.release(first, "Win32_Service").status == 200
    assert shared.open_contexts == 0


def test_a_pull_of_another_class_is_refused(client: Any) -> None:
    context = client.enumerate("Win32_Service").context
    wrong = client.pull(context, "Win32_Process")
    assert wrong.code == str(NUMBERS["PULL_PARAMS_NOT_SAME_AS_ENUM"])
    client.release(context, "Win32_Service")


# What is enumerated


def test_an_enumeration_is_deep_and_each_item_of_its_own_class(client: Any) -> None:
    replies = pages(client, client.enumerate("CIM_Service"), "CIM_Service")
    tags = {item.tag.rpartition("}")[2] for item in items(replies)}
    assert tags == {"Win32_Service", "Win32_SystemDriver"}


def test_polymorphism_may_be_none_or_of_base_properties(client: Any) -> None:
    shallow = client.enumerate("CIM_Service", POLYMORPHISM.format("None"))
    assert items([shallow]) == []
    base = client.enumerate("CIM_Service", POLYMORPHISM.format("ExcludeSubClassProperties"))
    [item] = items([base])
    assert item.tag.rpartition("}")[2] == "Win32_Service"
    assert item.find("{*}State") is None
    assert item.find("{*}StartMode") is not None
    client.release(base.context, "CIM_Service")


def test_references_come_alone_or_with_their_objects(client: Any) -> None:
    first = client.enumerate("Win32_LogicalDisk", MODE.format("EnumerateEPR"))
    replies = pages(client, first, "Win32_LogicalDisk")
    found = items(replies)
    assert {item.tag.rpartition("}")[2] for item in found} == {"EndpointReference"}
    assert len(found) == 4
    both = client.enumerate("Win32_LogicalDisk", MODE.format("EnumerateObjectAndEPR"))
    [item] = items([both])
    assert [part.tag.rpartition("}")[2] for part in item] == [
        "Win32_LogicalDisk", "EndpointReference",
    ]  # fmt: skip
    client.release(both.context, "Win32_LogicalDisk")


def test_a_mode_that_is_none_is_refused(client: Any) -> None:
    for inside in (MODE.format("EnumerateNothing"), POLYMORPHISM.format("Some")):
        refused = client.enumerate("Win32_Service", inside)
        assert refused.code == str(NUMBERS["ENUMERATION_MODE_UNSUPPORTED"])


@pytest.mark.parametrize("action", ["Enumerate", "Pull", "Release"])
def test_a_body_that_is_another_is_refused(client: Any, action: str) -> None:
    uri = f"{DMTF_CIM_SCHEMA}/Win32_Service"
    request = Request(
        ACTION_PULL.replace("Pull", action), uri, "<n:Other/>",
        selectors=(Selector.of("__cimnamespace", "root/cimv2"),),
    )  # fmt: skip
    refused = client.ask(request)
    assert refused.code == str(NUMBERS["SCHEMA_VALIDATION_ERROR"])


def test_an_unknown_class_is_refused_with_wmis_number(client: Any) -> None:
    refused = client.enumerate("Nope")
    assert refused.code == str(NUMBERS["RESOURCE_NOT_FOUND"])
    assert refused.text("//*[local-name()='Operation']") == "CreateInstanceEnum"
    assert refused.text("//*[local-name()='StatusCode']") == str(0x80041010)


# Queries


def test_a_query_for_all_properties_gives_whole_instances(client: Any) -> None:
    first = client.query("SELECT * FROM Win32_Service WHERE Name LIKE 'win%' AND Started = TRUE")
    found = items(pages(client, first, "*"))
    assert names(found) == ["WinDefend", "WinHttpAutoProxySvc", "Winmgmt", "WinRM"]
    assert found[0].tag == f"{{{DMTF_CIM_SCHEMA}/Win32_Service}}Win32_Service"


def test_a_projection_gives_fragments_in_alphabetical_order_and_no_namespace(client: Any) -> None:
    first = client.query("SELECT State, name FROM Win32_Service WHERE Name < 'b'")
    found = items(pages(client, first, "*"))
    assert {item.tag.rpartition("}")[2] for item in found} == {"XmlFragment"}
    assert [child.tag for child in found[0]] == ["Name", "State"]
    assert all(child.get("{*}nil") is None for child in found[0])


def test_a_query_is_about_all_classes_of_either_family(client: Any) -> None:
    query = Filter(WQL_DIALECT, "SELECT * FROM Win32_BIOS")
    body = Enumerate(1, filter=query).write().replace("w:Filter", "n:Filter")
    [item] = items([client.raw_enumerate(f"{WMI}/root/cimv2/*", body, ())])
    assert item.tag == f"{{{WMI}/root/cimv2/Win32_BIOS}}Win32_BIOS"
    refused = client.raw_enumerate(f"{DMTF_CIM_SCHEMA}/Win32_BIOS", body)
    assert refused.code == str(NUMBERS["INVALID_URI_WMI_ENUM_WQL"])


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("SELEKT *", 0x80041017),
        ("SELECT Nope FROM Win32_Service", 0x80041017),
        ("SELECT * FROM Win32_Service WHERE ProcessId = 'x'", 0x80041017),
        ("SELECT * FROM Nope", 0x80041010),
    ],
)
def test_a_bad_query_is_a_filter_that_cannot_be_processed(
    client: Any, query: str, number: int
) -> None:
    refused = client.query(query)
    assert refused.code == str(NUMBERS["ENUMERATE_CANNOT_PROCESS_FILTER"])
    assert refused.text("//s:Subcode/s:Value") == "n:CannotProcessFilter"
    assert refused.text("//*[local-name()='ParameterInfo']") == query
    assert refused.text("//*[local-name()='StatusCode']") == str(number)


def test_all_classes_need_a_query_in_wql(client: Any) -> None:
    refused = client.raw_enumerate(DMTF_ALL_CLASSES, "<n:Enumerate/>")
    assert refused.code == str(NUMBERS["ENUMERATE_CANNOT_PROCESS_FILTER"])
    body = '<n:Enumerate><w:Filter Dialect="http://elsewhere">x</w:Filter></n:Enumerate>'
    refused = client.raw_enumerate(DMTF_ALL_CLASSES, body)
    assert refused.text("//s:Subcode/s:Value") == "n:FilterDialectRequestedUnavailable"


def test_a_projection_has_no_references(client: Any) -> None:
    refused = client.query("SELECT Name FROM Win32_Service", MODE.format("EnumerateEPR"))
    assert refused.code == str(NUMBERS["OBJECTONLY_INVALID"])


def test_nothing_is_opened_for_a_client_that_is_gone() -> None:
    service = Service(sample_repository(), Limits())
    request = Request(
        ACTION_ENUMERATE, f"{DMTF_CIM_SCHEMA}/Win32_Service", Enumerate().write(),
        selectors=(Selector.of("__cimnamespace", "root/cimv2"),),
    )  # fmt: skip
    asked = service.read(serialize(request, Addressing("to", 512_000), "uuid:1"))
    with pytest.raises(ClientGone):
        service.answer(asked, is_connected=lambda: False)
    assert len(service.contexts) == 0
    assert service.answer(asked, is_connected=lambda: True).opened
    assert len(service.contexts) == 1


def test_what_is_associated_is_asked_for_by_a_filter(client: Any) -> None:
    partition = (
        "<a:Address>urn:x</a:Address><a:ReferenceParameters><w:ResourceURI>"
        f"{DMTF_CIM_SCHEMA}/Win32_LogicalDisk</w:ResourceURI><w:SelectorSet>"
        '<w:Selector Name="DeviceID">C:</w:Selector></w:SelectorSet></a:ReferenceParameters>'
    )
    wanted = Association("Win32_LogicalDiskToPartition").write(partition)
    body = Enumerate(50, filter=Filter(ASSOCIATION_DIALECT, content=wanted)).write()
    found = items(pages(client, client.raw_enumerate(DMTF_ALL_CLASSES, body), "*"))
    assert [one.tag.rpartition("}")[2] for one in found] == ["Win32_DiskPartition"]


def test_a_schema_query_gives_the_classes(client: Any) -> None:
    query = "SELECT * FROM meta_class WHERE __SUPERCLASS = 'Win32_BaseService'"
    found = items(pages(client, client.query(query), "*"))
    names_of = sorted(one.tag.rpartition("}")[2] for one in found)
    assert names_of == ["Win32_Service", "Win32_SystemDriver"]
