"""CLIXML, in which PowerShell writes objects (MS-PSRP 2.2.5), read into Python values.

The elements come from `mi.serial.document`, which bounds their depth and the length of texts.
An object is known by its number before its properties are read, so an object that refers to
itself becomes a value that does, and many references to one object are one value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from mi.errors import ProtocolError
from mi.powershell.escapes import unescape
from mi.powershell.objects import EnumValue, PowerShellObject, SecureString, plain_type_name
from mi.powershell.primitives import PRIMITIVES
from mi.powershell.records import ProgressRecord, Record, Stream, known
from mi.serial import document

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["DEFAULT_LIMIT", "ClixmlReader", "read"]

DEFAULT_LIMIT: Final = 64 << 20
"""Bytes of one document, unless the caller allows others."""

_ENUM: Final = "System.Enum"
_LISTS: Final = frozenset({"LST", "IE", "STK", "QUE"})
_PROPERTIES: Final = frozenset({"Props", "MS"})
_STREAMS: Final = {stream.value: stream for stream in Stream}


def read(data: bytes | str, *, limit: int = DEFAULT_LIMIT) -> list[Record]:
    """Return what a CLIXML document holds, with or without PowerShell's `#< CLIXML` before it.

    Args:
        data: the document.
        limit: how many bytes it may have.

    Raises:
        ProtocolError: it is not well formed, or says what CLIXML does not.
    """
    root = document.parse(_without_header(data), limit=limit, repair=True).root
    reader = ClixmlReader()
    if _tag(root) == "Objs":
        return list(reader.items(root))
    return [reader.item(root)]


def _without_header(data: bytes | str) -> bytes | str:
    if isinstance(data, str):
        return data.lstrip().removeprefix("#< CLIXML").lstrip()
    return data.lstrip().removeprefix(b"#< CLIXML").lstrip()


def _tag(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


class ClixmlReader:
    """Reads elements one after another; each may refer to objects and types of those before.

    Args:
        secure: reads the text of a secure string; by default none can be read.
    """

    def __init__(
        self, secure: Callable[[str], SecureString] = lambda _: SecureString(None)
    ) -> None:
        self._secure = secure
        self._objects: dict[str, Any] = {}
        self._types: dict[str, tuple[str, ...]] = {}

    def items(self, root: etree._Element) -> Iterator[Record]:
        """Return what the children of an `Objs` element are."""
        return map(self.item, root)

    def item(self, element: etree._Element) -> Record:
        """Return the value of an element, with the stream that it names."""
        stream = _STREAMS.get((element.get("S") or "").lower(), Stream.OUTPUT)
        return Record(stream, self.value(element))

    def value(self, element: etree._Element) -> Any:
        """Return the value of an element.

        Raises:
            ProtocolError: CLIXML has no such element, or its content is not of its type.
        """
        tag = _tag(element)
        read_text = PRIMITIVES.get(tag)
        if read_text is not None:
            try:
                return read_text(element.text or "")
            except (ValueError, ArithmeticError, KeyError) as error:
                raise ProtocolError(f"the CLIXML value {element.text!r} is no <{tag}>") from error
        other = self._others.get(tag)
        if other is None:
            raise ProtocolError(f"CLIXML has no element <{tag}>")
        return other(self, element)

    def _null(self, _: etree._Element) -> None:
        return None

    def _secret(self, element: etree._Element) -> SecureString:
        return self._secure(element.text or "")

    def _reference(self, element: etree._Element) -> Any:
        number = element.get("RefId", "")
        if number not in self._objects:
            raise ProtocolError(f"the CLIXML refers to an object {number!r} that it does not have")
        return self._objects[number]

    def _progress(self, element: etree._Element) -> ProgressRecord:
        # Its parts have fixed names (2.2.5.1.25); the current operation's is that of its type.
        parts = {_tag(child): unescape(child.text or "") for child in element}
        return ProgressRecord(
            activity=str(parts.get("AV", "")),
            activity_id=_number(parts.get("AI"), 0),
            status=str(parts.get("SD", "")),
            current_operation=parts.get("S") or None,
            parent_activity_id=_number(parts.get("PI"), -1),
            percent_complete=known(_number(parts.get("PC"), -1)),
            seconds_remaining=known(_number(parts.get("SR"), -1)),
            is_completed=parts.get("T") == "Completed",
        )

    # Objects

    def _object(self, element: etree._Element) -> Any:
        types = self._type_names(element)
        for child in element:
            tag = _tag(child)
            if tag in _LISTS:
                return self._list(element, child)
            if tag == "DCT":
                return self._dictionary(element, child)
            if tag in PRIMITIVES or tag in self._others:
                return self._extended(element, child, types)
        found = PowerShellObject(type_names=types, text=self._text(element))
        self._know(element, found)
        for child in element:
            if _tag(child) in _PROPERTIES:
                found._add(self._properties(child))  # noqa: SLF001 - it is this one's to fill
        return found

    def _know(self, element: etree._Element, value: Any) -> None:
        number = element.get("RefId")
        if number is not None:
            self._objects[number] = value

    def _type_names(self, element: etree._Element) -> tuple[str, ...]:
        for child in element:
            tag = _tag(child)
            if tag == "TN":
                names = tuple(unescape(name.text or "") for name in child)
                self._types[child.get("RefId", "")] = names
                return names
            if tag == "TNRef":
                number = child.get("RefId", "")
                if number not in self._types:
                    raise ProtocolError(f"the CLIXML refers to types {number!r} it does not have")
                return self._types[number]
        return ()

    def _text(self, element: etree._Element) -> str | None:
        texts = (one.text or "" for one in element if _tag(one) == "ToString")
        return next(map(unescape, texts), None)

    def _properties(self, element: etree._Element) -> Iterator[tuple[str, Any]]:
        for child in element:
            yield unescape(child.get("N", "")), self.value(child)

    def _list(self, element: etree._Element, content: etree._Element) -> list[Any]:
        found: list[Any] = []
        self._know(element, found)
        found.extend(map(self.value, content))
        return found

    def _dictionary(self, element: etree._Element, content: etree._Element) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        self._know(element, found)
        for entry in content:
            parts = {child.get("N"): child for child in entry}
            if not {"Key", "Value"} <= parts.keys():
                raise ProtocolError("an entry of a CLIXML dictionary has no key or no value")
            key = self.value(parts["Key"])
            found[_hashable(key)] = self.value(parts["Value"])
        return found

    def _extended(
        self, element: etree._Element, content: etree._Element, types: Iterable[str]
    ) -> Any:
        """Return a primitive value that came with properties of its own, which are left out."""
        value = self.value(content)
        names = tuple(types)
        if isinstance(value, int) and any(plain_type_name(name) == _ENUM for name in names):
            value = EnumValue(value, self._text(element) or str(value), plain_type_name(names[0]))
        self._know(element, value)
        return value

    _others: ClassVar[Mapping[str, Callable[[ClixmlReader, etree._Element], Any]]] = {
        "Nil": _null,
        "SS": _secret,
        "Ref": _reference,
        "PR": _progress,
        "Obj": _object,
    }


def _number(text: str | None, otherwise: int) -> int:
    try:
        return otherwise if text is None else int(text)
    except ValueError:
        return otherwise


def _hashable(key: Any) -> Any:
    try:
        hash(key)
    except TypeError as error:
        if isinstance(key, PowerShellObject) and key.text is not None:
            return key.text
        raise ProtocolError("a key of a CLIXML dictionary is an object without a text") from error
    return key
