"""StdRegProv: what its methods answer."""

from typing import Any

import pytest

from protocols.loopback.population import sample_repository
from protocols.loopback.registry import Hive
from protocols.loopback.repository import Invoked, Repository

PLACE = r"SOFTWARE\Contoso"
TYPE_MISMATCH = 0x80041005


@pytest.fixture
def repository() -> Repository:
    repository = sample_repository()
    assert called(repository, "CreateKey") == {"ReturnValue": 0}
    return repository


def called(
    repository: Repository, method: str, path: str | None = PLACE, bits: str = "", **given: Any
) -> Any:
    answer = repository.methods["stdregprov", method.lower()]
    context = {"__providerarchitecture": bits} if bits else {}
    given = {"hDefKey": int(Hive.LOCAL_MACHINE), "sSubKeyName": path, **given}
    return answer(Invoked(repository, None, given, context))


@pytest.mark.parametrize(
    ("kind", "parameter", "value"),
    [
        ("String", "sValue", "x"),
        ("ExpandedString", "sValue", "x"),
        ("MultiString", "sValue", ["a"]),
        ("DWORD", "uValue", 7),
        ("QWORD", "uValue", 1 << 40),
        ("Binary", "uValue", [1, 255]),
    ],
)
def test_each_kind_is_written_and_read_by_its_own_methods(
    repository: Repository, kind: str, parameter: str, value: Any
) -> None:
    set_ = called(repository, f"Set{kind}Value", sValueName="V", **{parameter: value})
    assert set_ == {"ReturnValue": 0}
    got = called(repository, f"Get{kind}Value", sValueName="v")
    assert got == {parameter: value, "ReturnValue": 0}
    other = "DWORD" if kind != "DWORD" else "String"
    assert called(repository, f"Get{other}Value", sValueName="V") == {"ReturnValue": TYPE_MISMATCH}


def test_variables_are_expanded_where_they_are_known(repository: Repository) -> None:
    called(repository, "SetExpandedStringValue", sValueName="V", sValue=r"%SystemRoot%\%No%")
    got = called(repository, "GetExpandedStringValue", sValueName="V")
    assert got["sValue"] == r"C:\Windows\%No%"


def test_keys_and_values_are_listed(repository: Repository) -> None:
    assert called(repository, "EnumKey") == {"sNames": None, "ReturnValue": 0}
    assert called(repository, "EnumValues") == {"sNames": None, "Types": None, "ReturnValue": 0}
    called(repository, "CreateKey", rf"{PLACE}\Below")
    called(repository, "SetDWORDValue", sValueName=None, uValue=1)
    assert called(repository, "EnumKey")["sNames"] == ["Below"]
    assert called(repository, "EnumValues") == {"sNames": [""], "Types": [4], "ReturnValue": 0}


def test_the_view_of_32_bit_programs_is_another(repository: Repository) -> None:
    assert called(repository, "EnumKey", bits="32") == {"ReturnValue": 2}
    assert called(repository, "EnumKey", bits="64")["ReturnValue"] == 0
    called(repository, "CreateKey", bits="32")
    assert called(repository, "EnumKey", r"SOFTWARE\WOW6432Node\Contoso")["ReturnValue"] == 0


@pytest.mark.parametrize(
    "method", ["EnumKey", "EnumValues", "DeleteValue", "GetStringValue", "SetStringValue",
               "DeleteKey"]
)  # fmt: skip
def test_what_is_not_there_is_not_found(repository: Repository, method: str) -> None:
    assert called(repository, method, r"SOFTWARE\Nothing", sValue="x") == {"ReturnValue": 2}


def test_values_that_are_not_there_are_not_found(repository: Repository) -> None:
    for method in ("GetDWORDValue", "DeleteValue"):
        assert called(repository, method, sValueName="V") == {"ReturnValue": 2}
    assert called(repository, "SetStringValue", sValueName="V") == {"ReturnValue": 87}


def test_access_is_granted_to_what_is_there(repository: Repository) -> None:
    assert called(repository, "CheckAccess") == {"bGranted": True, "ReturnValue": 0}
    missing = called(repository, "CheckAccess", r"SOFTWARE\Nothing")
    assert missing == {"bGranted": False, "ReturnValue": 2}


def test_values_and_empty_keys_are_taken_away(repository: Repository) -> None:
    called(repository, "SetDWORDValue", sValueName="V", uValue=1)
    assert called(repository, "DeleteValue", sValueName="v") == {"ReturnValue": 0}
    called(repository, "CreateKey", rf"{PLACE}\Below")
    assert called(repository, "DeleteKey") == {"ReturnValue": 5}
    assert called(repository, "DeleteKey", rf"{PLACE}\Below") == {"ReturnValue": 0}
    assert called(repository, "DeleteKey") == {"ReturnValue": 0}
    for hive in ("", None, "\\"):
        assert called(repository, "DeleteKey", hive) == {"ReturnValue": 5}


def test_a_hive_is_local_machine_or_the_one_that_is_said(repository: Repository) -> None:
    assert called(repository, "EnumKey", hDefKey=None)["ReturnValue"] == 0
    assert called(repository, "EnumKey", hDefKey=7) == {"ReturnValue": 87}
