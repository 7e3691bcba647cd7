"""The tables of the documentation say what the code does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from mi.credentials import Credentials, UserName
from mi.errors import MIError, TypeMismatch
from mi.options import DestinationOptions, OperationOptions, SubscriptionDeliveryOptions
from mi.results import OperationFlags
from protocols.security.rejection import refused
from protocols.winrm.adapter import Answer
from protocols.winrm.endpoint import Address
from protocols.winrm.rejection import not_offered
from protocols.winrm.status import status_error

ROOT = Path(__file__).parents[2]
HANDLERS = {
    "WINRM": ("winrm", "wsman", "network", "security"),
    "WMIDCOM": ("wmidcom", "network", "security"),
}
OPTIONS = (DestinationOptions, OperationOptions, SubscriptionDeliveryOptions)
NAMES = [(kind, name) for kind in OPTIONS for name in kind.names]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_written_tables_are_those_of_the_code() -> None:
    tables = generator()
    pages = list(tables.pages())
    assert {page.name for page in pages} == {"compatibility.md", "faults.md", "refused.md"}
    for page in pages:
        text = page.read_text("utf-8")
        assert tables.written(text) == text, f"run: python docs/tables.py ({page.name})"


def rows(head: str) -> dict[str, tuple[str, str]]:
    """Return the rows of the table with this head: name, who honours it, what is to be known."""
    text = (ROOT / "docs" / "reference" / "options.md").read_text("utf-8")
    table = text.partition(f"| {head} | honoured by |")[2].partition("\n\n")[0]
    found = re.findall(r"^\| `(\w+)` \| ([\w ,]+) \| (.+) \|$", table, re.MULTILINE)
    return {name: (by, known) for name, by, known in found}


def sources(*folders: str) -> str:
    """Return the code that may look at options, without that which declares them."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in paths if path.name != "options.py")


def of_handler(name: str) -> str:
    return sources(*(f"protocols/{folder}" for folder in HANDLERS[name]))


def test_every_option_is_in_the_table() -> None:
    assert set(rows("option")) == {name for _, name in NAMES}


def test_every_flag_is_in_the_table() -> None:
    assert set(rows("flag")) == set(OperationFlags.__members__)


def test_what_a_handler_is_said_to_honour_it_looks_at_and_nothing_else() -> None:
    code = {handler: of_handler(handler) for handler in HANDLERS}
    library = sources("mi")
    for name, (by, _) in rows("option").items():
        is_looked_at = {handler for handler in HANDLERS if re.search(rf"\.{name}\b", code[handler])}
        if by == "every handler":
            assert re.search(rf"\b{name}\b", library), name
        elif by == "nobody":
            assert not is_looked_at, name
        else:
            assert is_looked_at == set(by.split(", ")), name


def test_what_a_handler_is_said_to_honour_of_the_flags_it_looks_at() -> None:
    code = {handler: of_handler(handler) for handler in HANDLERS}
    library = sources("mi")
    for name, (by, _) in rows("flag").items():
        is_looked_at = {
            handler
            for handler in HANDLERS
            if re.search(rf"OperationFlags\.{name}\b", code[handler])
        }
        if by == "every handler":
            assert f"OperationFlags.{name}" in library, name
        elif by == "nobody":
            assert not is_looked_at, name
        else:
            assert is_looked_at == set(by.split(", ")), name


def test_what_nobody_honours_has_its_reason() -> None:
    for head in ("option", "flag"):
        for name, (by, known) in rows(head).items():
            assert by != "nobody" or len(known) > 1, name


@pytest.mark.parametrize(("kind", "name"), NAMES, ids=[name for _, name in NAMES])
def test_a_wrong_type_is_refused_when_it_is_set(kind: type, name: str) -> None:
    with pytest.raises(TypeMismatch):
        kind(**{name: object()})
    options = kind()
    with pytest.raises(TypeMismatch):
        setattr(options, name, object())
    assert getattr(options, name) is None


def test_a_secret_is_in_none_of_what_is_shown() -> None:
    credentials = Credentials.password("ops", "S3cret")
    assert "S3cret" not in repr(DestinationOptions(credentials=credentials))


def answer(status: int, offer: str = "") -> Answer:
    return Answer(status, {"WWW-Authenticate": offer}, b"", "")


ADDRESS = Address("http", "server01", 5985, "/wsman")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            not_offered("Basic", answer(401, "Negotiate, Kerberos"), ADDRESS).error,
            "does not take Basic; it offers Negotiate, Kerberos",
        ),
        (
            refused(UserName("ops", "CONTOSO"), ADDRESS).error,
            r"does not accept the credentials of 'CONTOSO\\ops'",
        ),
        (
            status_error(answer(403), ADDRESS, is_sealed=True),
            "the server refuses to talk to this client (HTTP status 403",
        ),
        (
            status_error(answer(401), ADDRESS, is_sealed=False),
            "although it accepted the credentials",
        ),
    ],
)
def test_what_a_reader_is_said_to_see_before_there_is_a_fault_is_what_is_said(
    error: MIError, shown: str
) -> None:
    assert shown in error.message
    assert f"`{shown}" in (ROOT / "docs" / "howto" / "refused.md").read_text("utf-8")
    assert error.advice
