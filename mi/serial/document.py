"""The one hardened XML parser: bytes that nobody vouches for in, an lxml tree or an error out.

SOAP 1.2 (section 5) forbids DOCTYPE and processing instructions, and no CIM document needs them, so
they are refused, and with them every entity that XML itself does not define. The prologue is read
here, before lxml sees anything, so a hostile declaration is never even stored; `load_dtd=False`
alone would store it. For ordinary UTF-8 all of that costs one regular expression over the first
bytes and one search for a question mark.

Refused likewise: elements deeper than 256 and text above 10 MB (libxml2's own limits, the first of
which is 257 before 2.14), more bytes than the caller allows, encodings other than UTF-8 and UTF-16,
whatever is not well formed. Comments are dropped.

Windows and its kin do send characters that XML 1.0 forbids (control characters in event logs and
service descriptions, half surrogate pairs, `&#0;`). Those alone are repaired, and only where the
caller says so and a strict parse has failed: nothing is ever parsed in a recovering mode.
"""

from __future__ import annotations

import codecs
import logging
import re
import threading
from itertools import islice
from typing import NamedTuple

from lxml import etree

from mi.errors import ProtocolError

__all__ = ["Document", "parse", "position"]

_LOGGER = logging.getLogger("mi.serial")


class Document(NamedTuple):
    """A parsed document: its root element, and whether forbidden characters were replaced."""

    root: etree._Element
    is_repaired: bool


class _Parser(threading.local):
    """One lxml parser per thread.

    A shared one is safe, but by a lock that makes all threads wait for one another; making one for
    each document takes as long as parsing a small document does. Told the encoding, libxml2
    neither guesses nor believes a declaration, so it reads what was checked here.
    """

    def __init__(self) -> None:
        self.strict = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
        )


_parser = _Parser()


def _prologue(encoding: bytes, misc: bytes, then: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb"(?P<mark>\xef\xbb\xbf)?(?:<\?xml\s+version\s*=\s*[\"'][0-9.]{1,8}[\"']"
        rb"(?:\s+encoding\s*=\s*[\"'](?P<encoding>" + encoding + rb")[\"'])?"
        rb"(?:\s+standalone\s*=\s*[\"'](?:yes|no)[\"'])?\s*\?>)?" + misc + then
    )


# Nearly every document begins so, and then there is nothing to refuse.
_ORDINARY = _prologue(rb"(?i:utf-8)", rb"\s*+", rb"<[^!?\x00]")
_PROLOGUE = _prologue(
    rb"[A-Za-z0-9._:-]{1,40}", rb"(?:\s|<!--(?:[^-]|-[^-])*+-->)*+", rb"<(?P<sign>\?|!|[^\x00])"
)
_REFUSED = {b"!": "a DOCTYPE", b"?": "a processing instruction"}
_UTF_8_NAMES = (b"utf-8", b"utf8")
# By byte order mark, then by what the first character, always `<`, looks like (XML 1.0 F.1).
_UTF_16 = (
    (b"\xff\xfe", "utf-16-le", 2),
    (b"\xfe\xff", "utf-16-be", 2),
    (b"<\x00", "utf-16-le", 0),
    (b"\x00<", "utf-16-be", 0),
)


def parse(data: bytes | str, *, limit: int, repair: bool = False) -> Document:
    """Parse an XML document of UTF-8 or UTF-16 text.

    Args:
        data: the document; in a `str`, the encoding that its declaration may name means nothing.
        limit: how many bytes (of a `str`, characters) it may have.
        repair: whether characters that XML 1.0 forbids (2.2 Char), as such or as numeric
            references, may be replaced by U+FFFD where they are all that is wrong. It is told by
            `Document.is_repaired` and logged once, at `mi.serial`.

    Raises:
        ProtocolError: the document is not well formed, too large or too deep, in another
            encoding, or has a DOCTYPE or a processing instruction. The message says where.
    """
    if len(data) > limit:
        raise ProtocolError(f"the XML document has {len(data)} bytes, and {limit} are allowed")
    text, is_transcoded = _utf_8(data)
    start = _first_element(text, is_transcoded=is_transcoded)
    try:
        return Document(_parse(text, start), is_repaired=False)
    except ProtocolError:
        repaired, count = _repaired(text) if repair else (b"", 0)
        if not count:
            raise
    root = _parse(repaired, start)
    _LOGGER.warning(
        "replaced %d characters that XML 1.0 forbids, in a document of %d bytes", count, len(data)
    )
    return Document(root, is_repaired=True)


def _utf_8(data: bytes | str) -> tuple[bytes, bool]:
    """Return `data` as UTF-8, and whether it was something else.

    Half surrogate pairs pass here; they make the strict parse fail.
    """
    if isinstance(data, str):
        return data.removeprefix("\ufeff").encode("utf-8", "surrogatepass"), True
    for sign, codec, skipped in _UTF_16:
        if data.startswith(sign):
            try:
                text = data[skipped:].decode(codec, "surrogatepass")
            except UnicodeDecodeError as error:
                raise ProtocolError(f"the XML document is not {codec}: {error.reason}") from error
            return text.encode("utf-8", "surrogatepass"), True
    return data, False


def _first_element(text: bytes, *, is_transcoded: bool) -> int:
    """Return where the first element begins, refusing what may not stand before it."""
    ordinary = _ORDINARY.match(text)
    if ordinary is not None:
        return ordinary.end()
    prologue = _PROLOGUE.match(text)
    if prologue is None:
        raise ProtocolError("the XML document is not well formed: it begins with no element")
    encoding = prologue["encoding"]
    if encoding and not (prologue["mark"] or is_transcoded or encoding.lower() in _UTF_8_NAMES):
        raise ProtocolError(
            f"the XML document says that it is {encoding.decode()}; it must be UTF-8 or UTF-16"
        )
    refused = _REFUSED.get(prologue["sign"])
    if refused is not None:
        line = text.count(b"\n", 0, prologue.end()) + 1
        raise ProtocolError(f"the XML document has {refused} in line {line}, which is refused")
    return prologue.end()


def _parse(text: bytes, start: int) -> etree._Element:
    zero = text.find(b"\0")
    if zero >= 0:  # which libxml2 before 2.14 takes for the end, not looking at what comes then
        line, column = text.count(b"\n", 0, zero) + 1, zero - text.rfind(b"\n", 0, zero)
        raise ProtocolError(
            f"the XML document is not well formed in line {line}, column {column}: a zero byte"
        )
    try:
        root = etree.fromstring(text, _parser.strict)
    except etree.XMLSyntaxError as error:
        raise ProtocolError(_explain(error)) from error
    # Without a question mark there is no processing instruction, and asking is nearly free.
    if text.find(b"?", start) >= 0:
        _refuse_instructions(root)
    return root


def _refuse_instructions(root: etree._Element) -> None:
    found = next(root.iter(etree.ProcessingInstruction), root.getnext())
    if found is not None:
        raise ProtocolError(
            f"the XML document has {_REFUSED[b'?']} in line {found.sourceline}, which is refused"
        )


_START_TAG = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|(?P<tag><)(?![!/?])", re.DOTALL)


def position(data: bytes | str, element: etree._Element) -> tuple[int, int]:
    """Return the line and the column where `element` begins in the document it was parsed from.

    lxml knows the line alone, and many a document is one line.
    """
    in_order = element.getroottree().iter()
    before = next(index for index, each in enumerate(in_order) if each is element)
    text = _utf_8(data)[0].removeprefix(codecs.BOM_UTF8)
    tags = (match.start() for match in _START_TAG.finditer(text) if match["tag"])
    start = next(islice(tags, before, None))
    line_start = text.rfind(b"\n", 0, start) + 1
    column = len(text[line_start:start].decode("utf-8", "replace")) + 1
    return text.count(b"\n", 0, start) + 1, column


# The second half of what libxml2 says is also no advice for our callers.
_PLACE = re.compile(r"(?:, use XML_PARSE_HUGE option)?, line [0-9]+, column [0-9]+\s*\Z")
_LONGEST_SNIPPET = 100


def _explain(error: etree.XMLSyntaxError) -> str:
    """Return a sentence with the place, and libxml2's reason cut short: names in it are hostile."""
    reason = _PLACE.sub("", str(error.msg))[:_LONGEST_SNIPPET].strip()
    readable = "".join(char if char.isprintable() else "\ufffd" for char in reason)
    line, column = error.position
    return f"the XML document is not well formed in line {line}, column {column}: {readable}"


# Repair

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# In CDATA and comments `&#0;` is mere text. An unclosed one runs to the end, so that a document
# made of nothing but such openings is still read only once.
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|&#(?:x0*(?P<hexadecimal>[0-9A-Fa-f]{1,6})|0*(?P<decimal>[0-9]{1,7}));",
    re.DOTALL,
)
_LAST_CODE_POINT = 0x10FFFF


def _repaired(text: bytes) -> tuple[bytes, int]:
    """Return `text` without the characters that XML 1.0 forbids, and how many there were.

    Halves of a surrogate pair that were sent as two characters become the one they mean.
    """
    try:
        decoded = text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # broken bytes are no characters, so they are not repaired
        return text, 0
    spelled_out = _REFERENCE.sub(_spell_out, decoded)
    joined, pairs = _PAIR.subn(_join, spelled_out)
    repaired, replaced = _FORBIDDEN.subn("\ufffd", joined)
    return repaired.encode(), pairs + replaced


def _spell_out(match: re.Match[str]) -> str:
    """Return the forbidden character that a reference stands for, else what was matched."""
    if match["hexadecimal"]:
        code_point = int(match["hexadecimal"], 16)
    else:
        code_point = int(match["decimal"] or "32")  # neither: CDATA or a comment, as it is
    if code_point > _LAST_CODE_POINT or not _FORBIDDEN.match(chr(code_point)):
        return match[0]
    return chr(code_point)


def _join(match: re.Match[str]) -> str:
    return match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
