"""What Kerberos has to show for a user: the tickets in his cache, or what a secret of his gets.

The Kerberos libraries come with an extra of this distribution, so this is loaded where they are
there. Whatever asks the realm's server (KDC) for something may take long, and nothing interrupts
it: it belongs into an `Errand`.
"""

from __future__ import annotations

from contextlib import suppress
from weakref import finalize

import gssapi
import krb5

from mi.credentials import Credentials

__all__ = ["KERBEROS", "SPNEGO", "Tickets", "default_realm", "held"]

KERBEROS = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2")  # RFC 4121 1
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")  # RFC 4178 3
_MECHANISMS = [KERBEROS, SPNEGO]  # and no other that this machine may have inside of SPNEGO


def default_realm() -> str | None:
    """Return the realm that this machine is of, or None if its configuration says none."""
    with suppress(krb5.Krb5Error):
        realm: str = krb5.get_default_realm(krb5.init_context()).decode()
        return realm
    return None


class Tickets:
    """One user's tickets, got when they are first asked for and kept while they are good."""

    def __init__(
        self, credentials: Credentials, principal: str | None, *, forwardable: bool
    ) -> None:
        """Know whose tickets these are.

        Args:
            credentials: a password, a keytab, or the current user.
            principal: the user in Kerberos' form; None is the current user.
            forwardable: whether to ask for tickets that a server may go on with.
        """
        self._credentials = credentials
        self._principal = principal
        self._forwardable = forwardable
        self._got: gssapi.Credentials | None = None
        self._cleanup: finalize[..., Tickets] | None = None

    def credential(self) -> gssapi.Credentials:
        """Return what contexts are made with.

        Raises:
            krb5.Krb5Error, gssapi.raw.GSSError: there are no tickets, or none were given.
        """
        if self._principal is None:  # another may be there by now, which costs no question
            cache = self._credentials.ticket_cache
            return _of_cache(None if cache is None else cache.encode())
        if self._got is None or not _is_good(self._got):
            self._got = self._obtained(self._principal)
        return self._got

    def _obtained(self, principal: str) -> gssapi.Credentials:
        """Ask the KDC for a ticket, once: each time with a wrong password counts there."""
        context = krb5.init_context()
        client = krb5.parse_name_flags(context, principal.encode())
        options = krb5.get_init_creds_opt_alloc(context)
        krb5.get_init_creds_opt_set_canonicalize(options, True)  # noqa: FBT003 - it has no name
        krb5.get_init_creds_opt_set_forwardable(options, self._forwardable)
        ticket = self._request(context, client, options)
        cache = krb5.cc_new_unique(context, b"MEMORY")
        krb5.cc_initialize(context, cache, ticket.client)
        krb5.cc_store_cred(context, cache, ticket)
        if self._cleanup is not None:
            self._cleanup()
        # What is in memory stays there until it is told to go.
        self._cleanup = finalize(self, krb5.cc_destroy, context, cache)
        return _of_cache(b"MEMORY:" + (cache.name or b""))

    def _request(
        self, context: krb5.Context, client: krb5.Principal, options: krb5.GetInitCredsOpt
    ) -> krb5.Creds:
        file = self._credentials.keytab_file
        if file is None:
            password = self._credentials.reveal().encode("utf-8", "replace")
            return krb5.get_init_creds_password(context, client, options, password)
        keytab = krb5.kt_resolve(context, file.encode())
        return krb5.get_init_creds_keytab(context, client, options, keytab)


def held(cache: str | None) -> tuple[str, int]:
    """Return whose ticket lies in a cache, and for how many seconds it is good.

    Args:
        cache: its name; None is the default one.

    Raises:
        gssapi.raw.GSSError: there is none, or it is not good any more.
    """
    store: dict[bytes | str, bytes | str] | None = None
    if cache is not None:
        store = {b"ccache": cache.encode()}
    found = gssapi.Credentials(usage="initiate", mechs=[KERBEROS], store=store)
    return str(found.name), found.lifetime or 0


def _of_cache(name: bytes | None) -> gssapi.Credentials:
    store: dict[bytes | str, bytes | str] | None = None if name is None else {b"ccache": name}
    return gssapi.Credentials(usage="initiate", mechs=_MECHANISMS, store=store)


def _is_good(credential: gssapi.Credentials) -> bool:
    with suppress(gssapi.raw.GSSError):
        return bool(credential.lifetime)
    return False
