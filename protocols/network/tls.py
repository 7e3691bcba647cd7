"""TLS on a connected socket that is open or closed, however early the other end leaves."""

from __future__ import annotations

import errno
import os
import ssl
from typing import Any

__all__ = ["TlsSocket"]


class TlsSocket(ssl.SSLSocket):
    """An SSLSocket that stays open for nobody where the other end is gone before TLS begins."""

    def getpeername(self) -> Any:
        """Return the address of the other end.

        `ssl` asks for it in the middle of making the socket, when it has taken the descriptor and
        nobody else holds it yet; what fails there would stay open until it is collected.

        Raises:
            ConnectionResetError: the other end is gone; the socket is closed then.
        """
        try:
            return super().getpeername()
        except OSError:
            self.close()
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
