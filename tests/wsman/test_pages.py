"""The bodies of WS-Enumeration, each written by one side and read by the other."""

import pytest
from lxml import etree

from mi.errors import ProtocolError
from protocols.wsman import namespaces as ns
from protocols.wsman.pages import (
    OBJECT,
    OBJECT_AND_REFERENCE,
    REFERENCE,
    Enumerate,
    Filter,
    Page,
    Pull,
    Release,
    write_page,
)

DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in ns.PREFIXES.items())


def body(inside: str) -> etree._Element:
    return etree.fromstring(f"<s:Body {DECLARED}>{inside}</s:Body>")


WQL = Filter(ns.WQL_DIALECT, "SELECT * FROM Win32_Service WHERE State <> 'Running' AND a = 'b&c'")

ENUMERATES = [
    (Enumerate(), "<n:Enumerate></n:Enumerate>"),
    (
        Enumerate(32000),
        "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements></n:Enumerate>",
    ),
    (
        Enumerate(mode=REFERENCE),
        "<n:Enumerate><w:EnumerationMode>EnumerateEPR</w:EnumerationMode></n:Enumerate>",
    ),
    (
        Enumerate(20, OBJECT_AND_REFERENCE, "None"),
        (
            "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>20</w:MaxElements>"
            "<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>"
            "<b:PolymorphismMode>None</b:PolymorphismMode></n:Enumerate>"
        ),
    ),
    (
        Enumerate(filter=WQL),
        (
            '<n:Enumerate><w:Filter Dialect="http://schemas.microsoft.com/wbem/wsman/1/WQL">'
            "SELECT * FROM Win32_Service"
            " WHERE State &lt;&gt; 'Running' AND a = 'b&amp;c'</w:Filter></n:Enumerate>"
        ),
    ),
]


@pytest.mark.parametrize(("value", "markup"), ENUMERATES)
def test_an_enumerate_is_written_and_read(value: Enumerate, markup: str) -> None:
    assert value.write() == markup
    assert Enumerate.read(body(markup)) == value


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        ("<w:OptimizeEnumeration/>", Enumerate(1)),
        ("<w:MaxElements>7</w:MaxElements>", Enumerate()),
        (
            (
                "\n <w:OptimizeEnumeration/>\n <w:MaxElements> 7 </w:MaxElements>\n"
                " <w:EnumerationMode>\nEnumerateEPR </w:EnumerationMode>\n"
            ),
            Enumerate(7, REFERENCE),
        ),
        ("<n:Filter>x</n:Filter>", Enumerate(filter=Filter("", "x"))),
        (
            '<w:Filter Dialect=" urn:d "><b:X><b:Y>1</b:Y></b:X></w:Filter>',
            Enumerate(filter=Filter("urn:d", "1")),
        ),
    ],
)
def test_an_enumerate_is_read_leniently(inside: str, value: Enumerate) -> None:
    assert Enumerate.read(body(f"<n:Enumerate>{inside}</n:Enumerate>")) == value


def test_a_pull_is_written_and_read() -> None:
    pull = Pull("uuid:1", 100)
    markup = (
        "<n:Pull><n:EnumerationContext>uuid:1</n:EnumerationContext>"
        "<n:MaxElements>100</n:MaxElements></n:Pull>"
    )
    assert pull.write() == markup
    assert Pull.read(body(markup)) == pull


def test_a_pull_without_a_number_asks_for_one_item() -> None:
    bare = "<n:Pull><n:EnumerationContext>\nuuid:1\n</n:EnumerationContext></n:Pull>"
    assert Pull.read(body(bare)) == Pull("uuid:1", 1)


def test_a_pull_may_count_in_the_namespace_of_ws_management() -> None:
    inside = "<n:EnumerationContext>c</n:EnumerationContext><w:MaxElements>9</w:MaxElements>"
    assert Pull.read(body(f"<n:Pull>{inside}</n:Pull>")) == Pull("c", 9)


def test_a_release_is_written_and_read() -> None:
    markup = "<n:Release><n:EnumerationContext>7</n:EnumerationContext></n:Release>"
    assert Release("7").write() == markup
    assert Release.read(body(markup)) == Release("7")


@pytest.mark.parametrize("kind", [Enumerate, Pull, Release])
@pytest.mark.parametrize("inside", ["", "<n:Other/>", "<w:Pull/>"])
def test_a_body_of_another_request_is_refused(
    kind: type[Enumerate | Pull | Release], inside: str
) -> None:
    with pytest.raises(ProtocolError, match=kind.__name__):
        kind.read(body(inside))


@pytest.mark.parametrize("number", ["many", "-1", "1.5", "\u0661", "99999999999999999999"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    inside = f"<w:OptimizeEnumeration/><w:MaxElements>{number}</w:MaxElements>"
    with pytest.raises(ProtocolError, match="MaxElements"):
        Enumerate.read(body(f"<n:Enumerate>{inside}</n:Enumerate>"))


# Pages

ITEMS = ["<x>1</x>", "<x>2</x>"]


def texts(page: Page) -> list[str | None]:
    return [item.text for item in page.items]


def test_the_first_page_is_in_the_namespace_of_ws_management() -> None:
    markup = write_page(ITEMS, "c1", is_first=True)
    assert markup == (
        "<n:EnumerateResponse><n:EnumerationContext>c1</n:EnumerationContext>"
        "<w:Items><x>1</x><x>2</x></w:Items></n:EnumerateResponse>"
    )
    page = Page.read(body(markup))
    assert (texts(page), page.context) == (["1", "2"], "c1")


def test_the_other_pages_are_in_the_namespace_of_ws_enumeration() -> None:
    markup = write_page(ITEMS, "c2", is_first=False)
    assert markup == (
        "<n:PullResponse><n:EnumerationContext>c2</n:EnumerationContext>"
        "<n:Items><x>1</x><x>2</x></n:Items></n:PullResponse>"
    )
    page = Page.read(body(markup))
    assert (texts(page), page.context) == (["1", "2"], "c2")


def test_the_last_page_says_so_and_has_no_context() -> None:
    first = write_page(ITEMS, None, is_first=True)
    assert first.startswith("<n:EnumerateResponse><n:EnumerationContext></n:EnumerationContext>")
    assert first.endswith("<w:EndOfSequence/></n:EnumerateResponse>")
    other = write_page(ITEMS, None, is_first=False)
    assert other == (
        "<n:PullResponse><n:Items><x>1</x><x>2</x></n:Items><n:EndOfSequence/></n:PullResponse>"
    )
    for markup in (first, other):
        page = Page.read(body(markup))
        assert (texts(page), page.context) == (["1", "2"], None)


def test_a_first_page_that_was_not_asked_for_items_has_none() -> None:
    markup = write_page([], "c1", is_first=True, is_optimized=False)
    assert markup == (
        "<n:EnumerateResponse><n:EnumerationContext>c1</n:EnumerationContext></n:EnumerateResponse>"
    )
    assert Page.read(body(markup)).context == "c1"


CONTEXT = "<n:EnumerationContext>c</n:EnumerationContext>"


@pytest.mark.parametrize("name", ["EnumerateResponse", "PullResponse"])
@pytest.mark.parametrize(
    ("inside", "items", "context"),
    [
        (f"{CONTEXT}<w:Items><x>1</x></w:Items>", ["1"], "c"),
        (f"{CONTEXT}<n:Items><x>1</x></n:Items>", ["1"], "c"),
        (f"<n:Items><x>1</x></n:Items>{CONTEXT}", ["1"], "c"),
        (f"{CONTEXT}<n:Items/>", [], "c"),
        (f"{CONTEXT}", [], "c"),
        (f"{CONTEXT}<n:Items><!-- c --><x>1</x></n:Items><w:Items><x>2</x></w:Items>",
         ["1", "2"], "c"),
        (f"{CONTEXT}<w:Items><x>1</x></w:Items><w:EndOfSequence/>", ["1"], None),
        (f"{CONTEXT}<w:Items/><n:EndOfSequence></n:EndOfSequence>", [], None),
        ("<n:EnumerationContext/><n:Items><x>1</x></n:Items>", ["1"], None),
        ("<n:EnumerationContext> \n </n:EnumerationContext>", [], None),
        ("<n:Items><x>1</x></n:Items>", ["1"], None),
        ("", [], None),
        ("<n:EnumerationContext>\n c \n</n:EnumerationContext>", [], "c"),
        ("<n:EnumerationContext>a&amp;b</n:EnumerationContext>", [], "a&amp;b"),
    ],
)  # fmt: skip
def test_a_page_is_read_with_its_parts_in_either_namespace(
    name: str, inside: str, items: list[str], context: str | None
) -> None:
    page = Page.read(body(f"<n:{name}>{inside}</n:{name}>"))
    assert (texts(page), page.context) == (items, context)


def test_a_context_of_elements_is_sent_back_as_it_is() -> None:
    context = f'text<ref xmlns="urn:r" p="1">a&amp;b<w:Inner xmlns:w="{ns.WSMAN}"/></ref> tail'
    inside = f"<n:EnumerationContext>{context}</n:EnumerationContext>"
    page = Page.read(body(f"<n:PullResponse>{inside}</n:PullResponse>"))
    again = Pull.read(body(Pull(page.context or "").write()))
    assert again.context == page.context
    first = etree.canonicalize(f"<c>{context}</c>", strip_text=False)
    assert etree.canonicalize(f"<c>{page.context}</c>", exclude_tags=[]) == first


@pytest.mark.parametrize("inside", ["", "<n:Pull/>", "<w:PullResponse/>"])
def test_a_reply_without_a_page_is_refused(inside: str) -> None:
    with pytest.raises(ProtocolError, match="page"):
        Page.read(body(inside))


def test_the_default_mode_is_the_object() -> None:
    assert Enumerate().mode == OBJECT == "EnumerateObject"
