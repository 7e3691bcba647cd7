"""MOF texts: their encodings, their pragmas, their refusals, and what fuzzing makes of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import InvalidParameter, MIError
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from mi.serial import mof

# Encodings


@pytest.mark.parametrize("codec", [None, "utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_text_or_utf_8_or_utf_16_with_a_mark(codec: str | None) -> None:
    text = '// \N{GRINNING FACE}\ninstance of A { x = "é"; };'
    assert mof.read(text if codec is None else text.encode(codec)) == [Instance("A", {"x": "é"})]


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\xe9", "not UTF-8: .* at byte 0"), (b"\xff\xfe\x00", "not UTF-16: truncated data")],
)
def test_other_encodings_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        mof.read(data)


def test_a_text_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mof, "LARGEST", 10)
    assert mof.read(" " * 10) == []
    with pytest.raises(InvalidParameter, match="the text has 11 bytes, and 10 are allowed"):
        mof.read(" " * 11)


# Places


def test_objects_are_where_the_caller_says_until_the_text_says() -> None:
    found = mof.read(
        "class A {};"
        r'#pragma namespace("root\\y") class A {}; instance of A {};'
        r'#pragma Namespace("\\\\far\\root\\z") instance of A {};'
        r'#pragma namespace("//./root/w/") instance of A {};',
        namespace=r"\root\x",
        server_name="near",
    )
    assert [(one.namespace, one.server_name) for one in found] == [
        ("root/x", "near"), ("root/y", None), ("root/y", None), ("root/z", "far"), ("root/w", None),
    ]  # fmt: skip


def test_a_class_is_known_only_in_its_namespace() -> None:
    found = mof.read('class A { uint8 x; }; #pragma namespace("y") instance of A { x = 1; };')
    assert isinstance(found[1], Instance)
    assert found[1].element("x").type is CimType.SINT32


def test_find_gives_the_classes_that_the_text_does_not() -> None:
    asked = []
    known = Class("Top", "root/x", properties=NameMap([("x", Property("x", CimType.UINT8))]))

    def find(namespace: str | None, class_name: str) -> Class | None:
        asked.append((namespace, class_name))
        return known if class_name.lower() == "top" else None

    found = mof.read(
        "class Sub : top {}; instance of TOP { X = 1; };", namespace="root/x", find=find
    )
    assert isinstance(found[0], Class)
    assert list(found[0].properties) == ["x"]
    assert isinstance(found[1], Instance)
    assert found[1].element("x")[1:3] == (1, CimType.UINT8)
    assert ("root/x", "top") in asked


# Pragmas


def test_a_pragma_that_nobody_knows_is_passed_over() -> None:
    assert mof.read('#pragma autorecover #pragma locale("en_US") class A {};'.replace(
        "autorecover", "autorecover()")) == [Class("A")]  # fmt: skip


def test_texts_may_include_others() -> None:
    texts: dict[str, Any] = {
        "one.mof": b'Qualifier Q : uint8; #pragma include("two.mof")',
        "two.mof": "class A { uint8 x; };\ninstance of A as $a { x = 1; };",
    }
    found = mof.read(
        '#pragma include("one.mof") [Q(5)] class B {}; instance of C { e = $a; };',
        include=texts.__getitem__,
    )
    assert [type(one) for one in found] == [Class, Instance, Class, Instance]
    assert isinstance(found[2], Class)
    assert found[2].qualifiers["Q"].type is CimType.UINT8
    assert isinstance(found[3], Instance)
    assert found[3]["e"].element("x").type is CimType.UINT8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class A : B {};", "one.mof, line 1, column 7: the superclass B is not known"),
        ("instance of A { x = $b; };", r"one.mof, line 1, column 21: the alias \$b is not known"),
        ('#pragma include("one.mof")', "one.mof, line 1, column 1: texts include one another too"),
    ],
)
def test_an_error_in_an_included_text_names_it(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        mof.read('\n#pragma include("one.mof")', include=lambda name: text)


def test_an_error_in_what_an_alias_means_is_where_that_is_written() -> None:
    texts = "class A { uint8 x; };\ninstance of A as $a { x = 256; };"  # fmt: skip
    with pytest.raises(InvalidParameter, match=r"one.mof, line 2, column 27: 256 is outside uint8"):
        mof.read(
            'instance of C { e = $a; }; #pragma include("one.mof")', include=lambda name: texts
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\n #pragma include("x.mof")', "line 2, column 2: it includes x.mof, which nobody gives"),
        ('#pragma namespace("")', "line 1, column 1: the namespace is empty"),
        (r'#pragma namespace("\\\\server")', "line 1, column 1: the namespace is empty"),
        ("class", "line 1, column 6: a name is expected, not the end"),
        ("class A {};\r\n  x", "line 2, column 3: a class, an instance, a qualifier or a pragma"),
        ('"', "line 1, column 1: a string is not closed"),
    ],
)
def test_what_is_not_mof_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        mof.read(text)


# Properties

PIECES = st.sampled_from([
    "class", "A", "B", ":", "{", "}", ";", "[", "]", "(", ")", ",", "=", "key", "uint8", "string",
    "ref", "x", "1", "-0x1", '"text"', "'c'", "NULL", "TRUE", "1.5", "instance of A", "as", "$a",
    "$Alias00000001", "#pragma", "namespace", "include", "qualifier", "Q", "Scope", "Flavor",
    "class A { uint8 x; };", "instance of A as $a { x = 1; };", "instance of B { e = $a; };",
    "/*", "*/", "//", "\n", '"', "object", "void", "Restricted", "m()", "{1, 2}",
])  # fmt: skip


@given(st.lists(PIECES, max_size=16).map(" ".join) | st.text() | st.binary())
def test_no_text_raises_anything_but_an_mi_error(text: str | bytes) -> None:
    try:
        read = mof.read(text, include=lambda name: "class I {};")
    except MIError as error:
        assert isinstance(error, InvalidParameter)  # noqa: PT017 - most texts are no MOF
    else:
        assert all(isinstance(one, (Class, Instance)) for one in read)


@given(st.data())
def test_no_change_of_a_text_raises_anything_but_an_mi_error(data: Any) -> None:
    text = mof.write([Class("A"), Instance("A"), Instance("B", {"s": "x", "e": Instance("C")})])
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    try:
        mof.read(text[:start] + data.draw(PIECES | st.just("")) + text[end:])
    except MIError as error:
        assert isinstance(error, InvalidParameter)  # noqa: PT017 - nor are most of these
