"""The tests that every protocol handler must pass, for those who write one.

Nothing of the library imports this package; it needs nothing but the library.
"""

from mi.testing.contract import HandlerContract

__all__ = ["HandlerContract"]
