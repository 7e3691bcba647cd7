"""The hardened XML parser: what it accepts, what it refuses, and what it repairs."""

import logging
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mi.errors import MIError, ProtocolError
from mi.serial.document import parse, position

LIMIT = 100_000


def text_of(data: bytes) -> str | None:
    return parse(data, limit=LIMIT).root.text


# Encodings

DECLARED = '<?xml version="1.0" encoding="{}" standalone="yes"?>\n<a>é\N{GRINNING FACE}</a>'
PLAIN = "<a>é\N{GRINNING FACE}</a>"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        DECLARED.format("iso-8859-1"),  # a str has no encoding, whatever it says
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        DECLARED.format("UTF-8").encode(),
        DECLARED.format("utf8").encode(),
        b"\xef\xbb\xbf" + DECLARED.format("utf-16").encode(),  # the byte order mark wins
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        b"\xff\xfe" + PLAIN.encode("utf-16-le"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        DECLARED.format("utf-16").encode("utf-16-le"),
        b"\xff\xfe" + DECLARED.format("utf-8").encode("utf-16-le"),
        ("<!-- one --> <!-- -two -->\n" + PLAIN).encode(),
    ],
)
def test_utf_8_and_utf_16_are_read_with_and_without_byte_order_mark(data: bytes) -> None:
    document = parse(data, limit=LIMIT)
    assert document.root.text == "é\N{GRINNING FACE}"
    assert document.is_repaired is False


@pytest.mark.parametrize("name", ["iso-8859-1", "utf-7", "us-ascii", "utf-16", "nonsense"])
def test_other_encodings_are_refused(name: str) -> None:
    data = f'<?xml version="1.0" encoding="{name}"?><a/>'.encode("ascii")
    with pytest.raises(ProtocolError, match=f"says that it is {name}; it must be UTF-8 or UTF-16"):
        parse(data, limit=LIMIT)


@pytest.mark.parametrize("codec", ["utf-32", "utf-32-be", "cp037"])
def test_encodings_that_are_not_declared_are_not_guessed(codec: str) -> None:
    with pytest.raises(ProtocolError):
        parse("<a/>".encode(codec), limit=LIMIT)


def test_half_a_utf_16_code_unit_is_refused() -> None:
    with pytest.raises(ProtocolError, match="is not utf-16-le: truncated data"):
        parse("<a/>".encode("utf-16") + b" ", limit=LIMIT)


# Hostile documents

REFUSED = {
    "doctype": "<!DOCTYPE a><a/>",
    "entity": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
    "doctype after the declaration": '<?xml version="1.0"?>\n<!DOCTYPE a><a/>',
    "doctype after a comment": "<!-- <a> --><!DOCTYPE a><a/>",
    "instruction before": '<?xml-stylesheet href="x"?><a/>',
    "instruction before, after a comment": "<!-- x --><?x y?><a/>",
    "instruction within": "<a>\n<b/><?x y?></a>",
    "instruction after": "<a/>\n<?x y?>",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("repair", [False, True])
def test_doctype_entities_and_processing_instructions_are_refused(
    text: str, codec: str, repair: bool
) -> None:
    with pytest.raises(ProtocolError, match=r"in line [12], which is refused"):
        parse(text.encode(codec), limit=LIMIT, repair=repair)


def test_an_encoding_hidden_in_another_does_not_smuggle_a_doctype_in() -> None:
    hidden = "<!DOCTYPE a><a/>".encode("utf-16-le").decode("latin-1")
    with pytest.raises(ProtocolError):
        parse(hidden.encode("utf-16-le"), limit=LIMIT, repair=True)


def test_entities_that_nobody_declared_are_refused() -> None:
    with pytest.raises(ProtocolError, match="line 1, column 7: Entity 'x' not defined"):
        parse(b"<a>&x;</a>", limit=LIMIT)


def test_elements_may_be_256_deep_and_no_deeper() -> None:
    assert parse(b"<a>" * 256 + b"</a>" * 256, limit=LIMIT).root.tag == "a"
    with pytest.raises(ProtocolError, match=r"Excessive depth in document: 256"):
        parse(b"<a>" * 258 + b"</a>" * 258, limit=LIMIT)  # libxml2 2.11 is one late


def test_after_a_zero_byte_nothing_is_left_unread() -> None:
    # To libxml2 before 2.14 it is the end of the document, whatever comes after it.
    with pytest.raises(ProtocolError, match=r"line 2, column 2: .* zero byte"):
        parse(b"<a/>\n \x00<b/>", limit=LIMIT)


def test_a_document_may_be_as_large_as_its_limit_and_no_larger() -> None:
    assert text_of(b"<a>" + b"x" * (LIMIT - 7) + b"</a>") == "x" * (LIMIT - 7)
    with pytest.raises(ProtocolError, match="has 100001 bytes, and 100000 are allowed"):
        parse(b"<a>" + b"x" * (LIMIT - 6) + b"</a>", limit=LIMIT)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"   ", b"junk", b"<", b"<a>", b"<a/>junk", b"<a/><b/>", b"<a/>\x00", b"<p:a/>",
        b"<a p:b='c'/>", b"<a b='1' b='2'/>", b"<a>]]></a>", b"<a>\xff</a>", b"<a>\xc0\x80</a>",
        b"<a>&#x110000;</a>", b"<a>&#99999999999999999999;</a>", b"<a>&#;</a>", b"<a b=c/>",
        b" <?xml version='1.0'?><a/>", b"<?xml version='1.0'><a/>", b"<a><![CDATA[</a>",
        b"<!-- -- --><a/>", b"<a><!-- x</a>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("repair", [False, True])
def test_what_is_not_well_formed_is_an_error_that_no_repair_hides(
    data: bytes, repair: bool
) -> None:
    with pytest.raises(ProtocolError, match="the XML document"):
        parse(data, limit=LIMIT, repair=repair)


def test_an_error_says_where_and_shows_no_more_than_a_snippet() -> None:
    name = "n" * 5000
    with pytest.raises(ProtocolError) as raised:
        parse(f"<a>\n <{name}></a>".encode(), limit=LIMIT)
    assert "not well formed in line 2, column" in str(raised.value)
    assert len(str(raised.value)) < 200


def test_an_error_is_not_an_lxml_exception_but_has_it_for_a_cause() -> None:
    with pytest.raises(ProtocolError) as raised:
        parse(b"<a>", limit=LIMIT)
    assert isinstance(raised.value.__cause__, etree.XMLSyntaxError)


# What is legal, however odd


def test_comments_are_dropped_and_cdata_is_text() -> None:
    root = parse(b"<!--1--><a>x<!--2-->y<![CDATA[<&#0;>]]><b/></a><!--3-->", limit=LIMIT).root
    assert root.text == "xy<&#0;>"
    assert [child.tag for child in root.iter()] == ["a", "b"]
    assert root.getnext() is None


def test_question_marks_in_text_are_no_processing_instructions() -> None:
    assert text_of(b"<a>really? &lt;?x y?&gt; <![CDATA[<?x y?>]]></a>") == "really? <?x y?> <?x y?>"


# Repair

REPAIRS = {
    "raw control character": (b"<a>x\x01\x1fy</a>", "x\ufffd\ufffdy"),
    "nul": (b"<a>\x00</a>", "\ufffd"),
    "decimal reference": (b"<a>&#0;&#65534;&#0011;</a>", "\ufffd\ufffd\ufffd"),
    "hexadecimal reference": (b"<a>&#x1B;&#xFffF;&#x000b;</a>", "\ufffd\ufffd\ufffd"),
    "non-character": ("<a>\ufffe</a>".encode(), "\ufffd"),
    "surrogate reference": (b"<a>&#xD83D;</a>", "\ufffd"),
    "surrogate pair of references": (b"<a>&#xD83D;&#56832;</a>", "\N{GRINNING FACE}"),
    "surrogate pair in UTF-8": (b"<a>\xed\xa0\xbd\xed\xb8\x80</a>", "\N{GRINNING FACE}"),
    "lone surrogate in UTF-8": (b"<a>\xed\xa0\xbdx</a>", "\ufffdx"),
    "lone surrogate in UTF-16": ("<a>\ud83dx</a>".encode("utf-16", "surrogatepass"), "\ufffdx"),
    "reversed pair in UTF-16": ("<a>\ude00\ud83d</a>".encode("utf-16", "surrogatepass"),
                                "\ufffd\ufffd"),
    "lone surrogate in a str": ("<a>\ud83d</a>", "\ufffd"),
    "legal neighbours": (b"<a>&#x1;&#9;&#10;&#13;&#x20;&#xE000;&#xFFFD;&#x10FFFF;&lt;</a>",
                         "\ufffd\t\n\r \ue000\ufffd\U0010ffff<"),
    "literals": (b"<a>\x01<!--&#0;--><![CDATA[&#0;\x02]]>&#0;</a>", "\ufffd&#0;\ufffd\ufffd"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "text"), REPAIRS.values(), ids=REPAIRS)
def test_only_characters_that_xml_forbids_are_repaired_and_only_on_request(
    data: bytes, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ProtocolError):
        parse(data, limit=LIMIT)
    document = parse(data, limit=LIMIT, repair=True)
    assert document.root.text == text
    assert document.is_repaired is True


def test_a_repair_is_logged_once_for_a_document(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mi.serial"):
        parse(b"<a>\x01&#2;\x03</a>", limit=LIMIT, repair=True)
    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("mi.serial", "replaced 3 characters that XML 1.0 forbids, in a document of 13 bytes")
    ]


def test_a_sound_document_is_not_called_repaired(caplog: pytest.LogCaptureFixture) -> None:
    assert parse(b"<a>\xef\xbf\xbd</a>", limit=LIMIT, repair=True).is_repaired is False
    assert caplog.records == []


def test_a_document_with_another_fault_besides_is_not_repaired() -> None:
    with pytest.raises(ProtocolError, match="line 1, column"):
        parse(b"<a>\x01</b>", limit=LIMIT, repair=True)
    with pytest.raises(ProtocolError, match="line 1, column"):
        parse(b"<a>\x01\xff</a>", limit=LIMIT, repair=True)


@pytest.mark.parametrize("opening", [b"<![CDATA[", b"<!--", b"&#x00", b"&#00", b"<!---"])
def test_a_document_made_to_slow_the_repair_down_is_refused_at_once(opening: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(b"<a>\x01" + opening * 200_000, limit=10_000_000, repair=True)


@pytest.mark.parametrize("opening", [b"<!--", b"<!---", b"<!-- --><!--", b" "])
def test_a_prologue_made_to_slow_the_parser_down_is_refused_at_once(opening: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(opening * 200_000, limit=10_000_000, repair=True)


# Places


@pytest.mark.parametrize("codec", [None, "utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_an_element_is_found_where_it_begins(codec: str | None) -> None:
    text = (
        '<?xml version="1.0"?>\n<!-- <b/> --><a>\n  <é x="1>2"/><![CDATA[<c/>]]></é><b>'
        "<!-- <c> --><c/></b></a>"
    ).replace("</é>", "")
    data = text if codec is None else text.encode(codec)
    root = parse(data, limit=LIMIT).root
    assert [(node.tag, position(data, node)) for node in root.iter()] == [
        ("a", (2, 14)),
        ("é", (3, 3)),
        ("b", (3, 31)),
        ("c", (3, 46)),
    ]


def test_a_byte_order_mark_takes_no_place() -> None:
    data = "<a><b/></a>".encode("utf-8-sig")
    assert position(data, parse(data, limit=LIMIT).root[0]) == (1, 4)


# Properties


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_raise_anything_but_an_mi_error(data: bytes, repair: bool) -> None:
    try:
        parse(data, limit=LIMIT, repair=repair)
    except MIError as error:
        assert isinstance(error, ProtocolError)  # noqa: PT017 - most bytes are no document


MARKUP = st.sampled_from([
    "<a>", "</a>", "<a/>", "<!--", "-->", "<![CDATA[", "]]>", "<?xml version='1.0'?>", "<?x ", "?>",
    "<!DOCTYPE a [", "<!ENTITY x 'y'>", "]>", "&x;", "&#0;", "&#xD83D;", "&lt;", "\x00", "\ud83d",
    "\ude00", "\ufffe", "text", " ", "\n", "<a b='", "'>",
])  # fmt: skip


@given(st.lists(MARKUP, max_size=12), st.sampled_from(["utf-8", "utf-16", "utf-16-be"]))
def test_no_markup_raises_anything_but_an_mi_error_or_brings_an_entity_in(
    pieces: list[str], codec: str
) -> None:
    data = "".join(pieces).encode(codec, "surrogatepass")
    try:
        root = parse(data, limit=LIMIT, repair=True).root
    except ProtocolError:
        return
    assert all(isinstance(node.tag, str) for node in root.iter())
    assert root.getroottree().docinfo.internalDTD is None


LEGAL = st.characters(exclude_categories=["Cs"]).filter(
    lambda char: char in "\t\n\r" or (ord(char) >= 0x20 and char not in "\ufffe\uffff")
)


@given(st.text(LEGAL))
def test_text_of_legal_characters_comes_back_as_it_was(text: str) -> None:
    element = etree.Element("a")
    element.text = text
    for encoding in ("utf-8", "utf-16"):
        parsed = text_of(etree.tostring(element, encoding=encoding))
        assert (parsed or "") == text


# Threads


def test_threads_parse_at_the_same_time_each_with_its_own_parser() -> None:
    texts: list[int] = []

    def work(number: int) -> None:
        texts.extend(int(text_of(f"<a>{number}</a>".encode()) or "") for _ in range(200))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(texts) == sorted(list(range(4)) * 200)
