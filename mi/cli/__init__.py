"""The `mi` command: a client of the public API, with nothing to say about any wire."""
