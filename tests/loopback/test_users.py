"""The endpoints of a process share one private user file, each with a user of its own."""

import os
import stat
from pathlib import Path

import pytest

from protocols.loopback.users import User, registered

VARIABLE = "NTLM_USER_FILE"


def test_users_are_random_and_hide_their_passwords() -> None:
    one, other = User.random(), User.random()
    assert one.name != other.name
    assert one.password != other.password
    assert one.password not in repr(one)


@pytest.mark.parametrize(
    "name",
    [
        "anna",
        "ANNA",
        ".\\anna",
        "LOOPBACK\\Anna",
        "loopback\\anna",
        "anna@loopback.test",
        "Anna@LOOPBACK.TEST",
    ],
)
def test_a_user_may_be_named_with_the_domain_or_none(name: str) -> None:
    assert User("anna", "x").is_named(name)


@pytest.mark.parametrize(
    "name", ["", "berta", "OTHER\\anna", "anna@loopback", "LOOPBACK\\anna@loopback.test"]
)
def test_another_name_or_domain_is_not_the_users(name: str) -> None:
    assert not User("anna", "x").is_named(name)


def test_the_file_is_private_and_holds_the_user_with_and_without_domain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with registered(User("anna", "secret")):
        path = Path(os.environ[VARIABLE])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert path.read_text().split() == [
            ":anna:secret", ".:anna:secret", "LOOPBACK:anna:secret", ":anna@loopback.test:secret",
        ]  # fmt: skip
    assert VARIABLE not in os.environ
    assert not path.parent.exists()


def test_the_last_one_restores_what_was_set_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/elsewhere")
    with registered(User("one", "1")):
        path = Path(os.environ[VARIABLE])
        with registered(User("two", "2")):
            assert os.environ[VARIABLE] == str(path)
            assert path.read_text().count("\n") == 8
        assert path.read_text().count("\n") == 4
        assert ":one:1" in path.read_text()
    assert os.environ[VARIABLE] == "/elsewhere"


def test_the_user_is_taken_out_when_the_block_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(RuntimeError), registered(User("anna", "x")):
        raise RuntimeError
    assert VARIABLE not in os.environ
