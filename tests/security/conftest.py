"""What the tests of security share."""

from tests.kdc import kdc, realm

__all__ = ["kdc", "realm"]
