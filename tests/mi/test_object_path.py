r"""WMI object paths: quoting, references, booleans, singletons."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import InvalidParameter
from mi.object_path import ObjectPath, Reference, read, write

_DISK = r'\\SRV\root\cimv2:Win32_DiskPartition.DeviceID="Disk #0, Partition #0"'


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (
            ("SRV", "root/cimv2", "Win32_Service", {"Name": "Spooler"}),
            r'\\SRV\root\cimv2:Win32_Service.Name="Spooler"',
        ),
        (
            (None, "root/cimv2", "Win32_Process", {"Handle": "4"}),
            r'\\.\root\cimv2:Win32_Process.Handle="4"',
        ),
        ((None, None, "A_B", {"X": 1, "Y": -2}), "A_B.X=1,Y=-2"),
        ((None, None, "A_B", {"X": True, "Y": False}), "A_B.X=TRUE,Y=FALSE"),
        ((None, None, "CIM_DataFile", {"Name": "c:\\a"}), r'CIM_DataFile.Name="c:\\a"'),
        ((None, None, "A_B", {"X": 'say "hi"'}), r'A_B.X="say \"hi\""'),
        ((None, None, "A_B", {"X": ""}), 'A_B.X=""'),
        ((None, None, "Win32_OperatingSystem", {}), "Win32_OperatingSystem=@"),
        (
            (None, None, "A_B", {"X": Reference('C.Y="z"'), "W": Reference("S=@")}),
            r'A_B.X="C.Y=\"z\"",W="S=@"',
        ),
        (
            ("fe80::1", "root", "A_B", {"X": datetime(2015, 2, 26, tzinfo=UTC)}),
            r'\\fe80::1\root:A_B.X="20150226000000.000000+000"',
        ),
    ],
)
def test_a_path_is_written_as_wmi_writes_it(parts: Any, path: str) -> None:
    assert write(*parts) == path


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (
            r'\\SRV\root\cimv2:Win32_Service.Name="Spooler"',
            ("SRV", "root/cimv2", "Win32_Service", (("Name", "Spooler"),)),
        ),
        (
            "//SRV/root/cimv2:Win32_Service.Name='Spooler'",
            ("SRV", "root/cimv2", "Win32_Service", (("Name", "Spooler"),)),
        ),
        (r"\\.\root\cimv2:A_B.X=1", (None, "root/cimv2", "A_B", (("X", 1),))),
        (r"root\cimv2:A_B.X=1", (None, "root/cimv2", "A_B", (("X", 1),))),
        (r"\\fe80::1\root:A_B.X=+1", ("fe80::1", "root", "A_B", (("X", 1),))),
        ("A_B.X=-1,Y=true,Z=FALSE", (None, None, "A_B", (("X", -1), ("Y", True), ("Z", False)))),
        ("__EventFilter.Name=''", (None, None, "__EventFilter", (("Name", ""),))),
        ('A_B.X="it\'s",Y=\'say "hi"\'', (None, None, "A_B", (("X", "it's"), ("Y", 'say "hi"')))),
        (r"A_B.X='it\'s'", (None, None, "A_B", (("X", "it's"),))),
        ('A_B.X="a,b=c",Y=1', (None, None, "A_B", (("X", "a,b=c"), ("Y", 1)))),
        (r'A_B.X="c:\\a\\"', (None, None, "A_B", (("X", "c:\\a\\"),))),
        ('A_B.X="a\nb"', (None, None, "A_B", (("X", "a\nb"),))),
        ("Win32_OperatingSystem=@", (None, None, "Win32_OperatingSystem", ())),
    ],
)
def test_a_path_is_read_in_all_the_forms_that_wmi_takes(path: str, parts: Any) -> None:
    assert read(path) == ObjectPath(*parts)


def test_a_backslash_that_somebody_forgot_to_double_is_kept() -> None:
    assert read(r'CIM_DataFile.Name="c:\windows\system.ini"').keys == (
        ("Name", r"c:\windows\system.ini"),
    )


@pytest.mark.parametrize(
    "target",
    [
        _DISK,
        r"\\SRV\root\cimv2:Win32_OperatingSystem=@",
        r'\\.\root\cimv2:A_B.X=TRUE,Y="a \"b\" \\c"',
        'CommandLineEventConsumer.Name="x"',
        r'A_B.X="C_D.Y=\"z\""',
    ],
)
def test_a_text_that_is_precisely_a_path_is_a_reference(target: str) -> None:
    path = write(None, None, "Link", {"To": Reference(target)})
    assert read(path).keys == (("To", Reference(target)),)


@pytest.mark.parametrize(
    "text",
    [
        "Spooler",
        "user.timeout=30",  # as much a setting's name as a path
        "Win32_Service",
        r"\\SRV\share",
        r"\\SRV\root/cimv2:A_B.X=1",  # not how a path is written
        "A_B.X='z'",
        'A_B.X="z",',
        'A_B.X="z",Y=?',
        r'{1}\\SRV\root/Microsoft/Windows/Storage:Disk.ObjectId="{2}"',
    ],
)
def test_any_other_text_stays_text(text: str) -> None:
    assert read(write(None, None, "A_B", {"X": text})).keys == (("X", text),)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "Win32_Service.",
        "Win32_Service.Name",
        "Win32_Service.Name=",
        'Win32_Service.Name="x',
        'Win32_Service.Name="x"y',
        'Win32_Service.Name="x",',
        "Win32_Service.Name=Spooler",
        "Win32_Service.Name=1.5",
        f"Win32_Service.Name={'1' * 5000}",
        "Win32_Service.Name=1,name=2",
        r"\\SRV\Win32_Service.Name=1",
        r"\\SRV:Win32_Service.Name=1",
        "Größe.Name=1",
    ],
)
def test_what_is_no_path_of_an_instance_is_refused(path: str) -> None:
    with pytest.raises(InvalidParameter):
        read(path)


def test_what_is_no_path_at_all_is_told_the_form_of_one() -> None:
    with pytest.raises(InvalidParameter, match=r'is not an object path\. Write Class\.Key="value"'):
        read("a b")


def test_the_path_of_a_class_names_no_instance() -> None:
    with pytest.raises(InvalidParameter, match=r"is the path of a class, .*\. Write Class\.Key="):
        read(r"\\.\root\cimv2:Win32_Service")


def test_a_value_without_its_name_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidParameter, match=r'its key\. Write Class\.Key="value"'):
        read('Win32_Service="Spooler"')


_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
_values = st.one_of(st.text(), st.integers(-(2**63), 2**64 - 1), st.booleans())
_keys = st.dictionaries(_names, _values, max_size=4).filter(
    lambda keys: len({name.lower() for name in keys}) == len(keys)
)


@given(_names, _keys)
def test_any_key_is_written_and_read_back(class_name: str, key: dict[str, Any]) -> None:
    path = write("SRV", "root/cimv2", class_name, key)
    parts = read(path)
    again = {
        name: value.text if isinstance(value, Reference) else value for name, value in parts.keys
    }
    assert again == key
    assert {type(value) for value in again.values()} == {type(value) for value in key.values()}
    assert write(*parts[:3], dict(parts.keys)) == path


@given(st.text(alphabet="\\/.:=\"',@ab1_-", max_size=40))
def test_any_text_is_read_or_refused_in_our_own_words(path: str) -> None:
    with contextlib.suppress(InvalidParameter):
        read(path)
