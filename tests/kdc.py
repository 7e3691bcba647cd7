"""A Kerberos realm for as long as a test runs: MIT's own KDC on 127.0.0.1, with made-up keys.

It needs Debian's krb5-kdc and krb5-admin-server, and the extra `kerberos`; `requires_kerberos`
skips what needs them, naming what is missing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import pytest

REALM = "LOOPBACK.TEST"
PASSWORD = "kerberos-does-not-tell"
OPS = f"ops@{REALM}"
_ELSEWHERE = "/usr/sbin:/sbin"  # where Debian keeps servers, which is not on everybody's path
_PROGRAMS = ("krb5kdc", "kadmin.local", "kdb5_util", "kinit")
_PACKAGES = {
    "krb5kdc": "krb5-kdc",
    "kdb5_util": "krb5-kdc",
    "kadmin.local": "krb5-admin-server",
    "kinit": "krb5-user",
    "faketime": "faketime",
}


def program(name: str) -> str | None:
    """Return the path of a program, or None if it is not installed."""
    return shutil.which(name) or shutil.which(name, path=_ELSEWHERE)


def missing(programs: Iterable[str] = _PROGRAMS) -> list[str]:
    """Return what is not installed of what these tests need."""
    lacking = {_PACKAGES[name] for name in programs if program(name) is None}
    lacking |= {
        f"the extra kerberos ({name})"
        for name in ("gssapi", "krb5")
        if importlib.util.find_spec(name) is None
    }
    return sorted(lacking)


def missing_text(*programs: str) -> str:
    """Return the reason of a skip."""
    return f"not installed: {', '.join(missing((*_PROGRAMS, *programs)))}"


requires_kerberos = pytest.mark.skipif(bool(missing()), reason=missing_text())


requires_faketime = pytest.mark.skipif(
    bool(missing((*_PROGRAMS, "faketime"))), reason=missing_text("faketime")
)


class Kdc:
    """A realm with one user, `ops`, and as many services as one makes.

    Attributes:
        folder: where all of it lies.
        keytab: the file with the services' keys.
        environment: what lets a process take part in the realm.
    """

    def __init__(self, folder: Path, *, ahead: int = 0, client: str = "") -> None:
        """Prepare a realm.

        Args:
            folder: an empty one.
            ahead: seconds that its clock is ahead of ours, for which `faketime` is needed.
            client: further lines of its krb5.conf, in [libdefaults].
        """
        self.folder = folder
        self._ahead = ahead
        self._port = _free_port()
        self.keytab = str(folder / "services.keytab")
        self.environment = {
            "KRB5_CONFIG": str(folder / "krb5.conf"),
            "KRB5CCNAME": f"FILE:{folder / 'tickets'}",
            "KRB5_KTNAME": self.keytab,
            "KRB5RCACHENAME": "none:",
        }
        self._server = {
            **os.environ,
            **self.environment,
            "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
        }
        self.configure(client)
        (folder / "kdc.conf").write_text(
            f"[realms]\n {REALM} = {{\n"
            f"  kdc_listen = 127.0.0.1:{self._port}\n  kdc_tcp_listen = 127.0.0.1:{self._port}\n"
            f"  database_name = {folder / 'principal'}\n  key_stash_file = {folder / 'stash'}\n"
            f"  acl_file = {folder / 'acl'}\n"
            "  supported_enctypes = aes256-cts:normal aes128-cts:normal arcfour-hmac:normal\n }\n"
        )

    def configure(self, client: str = "") -> None:
        """Write krb5.conf; host names are looked up backwards, as MIT does if it is not told."""
        (self.folder / "krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n"
            f" dns_lookup_realm = false\n allow_rc4 = true\n{client}\n"
            f"[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{self._port}\n }}\n"
            f"[logging]\n kdc = FILE:{self.folder / 'kdc.log'}\n"
        )

    def __enter__(self) -> Self:
        self._run("kdb5_util", "create", "-s", "-P", "master", "-r", REALM)
        self.admin(f"addprinc +requires_preauth -pw {PASSWORD} ops")
        self.add_service("HTTP/server.loopback.test")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Let the KDC answer."""
        command = [str(program("krb5kdc")), "-n"]
        if self._ahead:
            command = [str(program("faketime")), "-f", f"+{self._ahead}s", *command]
        # In a group of its own, since faketime is a parent that would leave its child behind.
        self._process = subprocess.Popen(
            command, env=self._server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Let it answer no more."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(10)

    def admin(self, *queries: str) -> None:
        """Run queries of kadmin."""
        self._run("kadmin.local", "-r", REALM, said="\n".join(queries) + "\n")

    def add_service(self, name: str, ciphers: str = "aes256-cts:normal") -> None:
        """Make a service and put its key into the keytab."""
        self.admin(
            f"addprinc -randkey -e {ciphers} {name}",
            f"ktadd -k {self.keytab} -norandkey {name}",
        )

    def kinit(self, *options: str, cache: str | None = None) -> None:
        """Get a ticket of the user into a cache, the default one if None."""
        where = [] if cache is None else ["-c", cache]
        self._run("kinit", *where, *options, OPS, said=PASSWORD + "\n")

    def user_keytab(self) -> str:
        """Return a file with the user's key."""
        file = str(self.folder / "ops.keytab")
        self.admin(f"ktadd -k {file} -norandkey ops")
        return file

    @property
    def log(self) -> str:
        """What the KDC wrote down."""
        return (self.folder / "kdc.log").read_text()

    def _run(self, name: str, *arguments: str, said: str = "") -> None:
        subprocess.run(
            [str(program(name)), *arguments],
            env=self._server, input=said, text=True, capture_output=True, check=True, timeout=60,
        )  # fmt: skip

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self._port), 0.1):
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the KDC does not start")


@pytest.fixture(scope="session")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    """A realm that all tests share: they may add to it."""
    with Kdc(tmp_path_factory.mktemp("kdc")) as running:
        yield running


@pytest.fixture
def kdc(realm: Kdc, monkeypatch: pytest.MonkeyPatch) -> Kdc:
    """The same, with this process taking part in it, and no ticket in the cache."""
    join(realm, monkeypatch)
    return realm


def join(realm: Kdc, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process take part in a realm, with no ticket in the cache."""
    for name, value in realm.environment.items():
        monkeypatch.setenv(name, value)
    (realm.folder / "tickets").unlink(missing_ok=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
