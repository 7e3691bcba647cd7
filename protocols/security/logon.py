r"""The credentials of a session, and what became of each.

One wrong password must never lock an account. So a refusal is remembered for as long as the session
lives, a user who was refused is not tried in another way, and a logon is never repeated by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Generic, Protocol, TypeVar

from mi.credentials import Credentials, CredentialsSource, UserName
from mi.errors import AuthenticationFailed, MIError, NotSupported
from mi.options import DestinationOptions
from protocols.security.rejection import Rejected, may_be_same

__all__ = ["Logon", "Way", "asked"]


class Way(Protocol):
    """A way to log on with one credential.

    Attributes:
        user: who logs on; None if the credential does not say.
    """

    @property
    def user(self) -> UserName | None: ...  # noqa: D102 - above


M = TypeVar("M", bound=Way)


class Logon(Generic[M]):
    """The credentials of a session in their order, and what became of each.

    The next one is tried only if the scheme of the one before is not to be had, or if it is of
    another user.
    """

    def __init__(self, options: DestinationOptions, new_method: Callable[[Credentials], M]) -> None:
        """Know the credentials; none is asked for or tried yet.

        Args:
            options: of the session.
            new_method: returns the way to log on with a credential, or raises `NotSupported`.
        """
        self._sources = list(options.credentials or (Credentials.current_user(),))
        self._is_told_who = options.credentials is not None
        self._new_method = new_method
        self._method: M | None = None
        self._refused: list[UserName] = []
        self._failure: MIError | None = None

    def method(self) -> M:
        """Return the way to log on, always the same one until it is rejected.

        Raises:
            AuthenticationFailed: the server refused what there is; nothing is sent any more.
            NotSupported: nothing of what there is can be used here.
        """
        while self._method is None:
            if not self._sources:
                raise self._nothing_left()
            try:
                self._method = self._made(asked(self._sources[0]))
            except NotSupported as error:
                self._failure = self._failure or error
            del self._sources[0]
        return self._method

    def reject(self, rejection: Rejected) -> None:
        """Remember what became of the present method; `method` goes on from there.

        Raises:
            MIError: it is all that there is, and may work another time.
        """
        if rejection.may_pass and not self._sources:
            raise self._told(rejection.error)
        user = None if self._method is None else self._method.user
        if rejection.is_refusal and user is not None:
            self._refused.append(user)
        if rejection.is_refusal or not self._refused:
            self._failure = rejection.error
        self._method = None

    def _made(self, credentials: Credentials) -> M | None:
        """Return the way to log on, or None where that could repeat a refusal."""
        user = credentials.user
        if user is not None and any(may_be_same(user, one) for one in self._refused):
            return None
        return self._new_method(credentials)

    def _nothing_left(self) -> MIError:
        return self._told(self._failure or NotSupported("no credentials can be used"))

    def _told(self, error: MIError) -> MIError:
        """Return an error for one more caller, who may have forgotten to say who he is."""
        told = copy(error)
        if not self._is_told_who:
            told.message = (
                "no credentials were given, and to log on as the current user does not work:"
                f" {error.message}"
            )
            told.advice = (
                f"Pass credentials=mi.Credentials.password(user, password). {error.advice}"
            )
        return told


def asked(source: CredentialsSource) -> Credentials:
    """Return the credentials that are given, or what the callable returns that is given instead.

    Raises:
        AuthenticationFailed: the callable failed.
        MIError: it raised this, or returned something else.
    """
    if isinstance(source, Credentials):
        return source
    try:
        return source()
    except MIError:
        raise
    except Exception as error:
        # Its text is not ours to repeat: it may hold what was typed.
        raise AuthenticationFailed(
            f"the callable that should return the credentials failed: {type(error).__name__}"
        ) from error
