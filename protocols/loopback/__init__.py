"""Endpoints on 127.0.0.1 over an in-memory CIM repository, for tests, demo and documentation."""

from protocols.loopback.http import Endpoint

__all__ = ["Endpoint"]
