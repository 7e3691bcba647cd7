"""The commands that run something on a host, and what passes between it and who sits here."""
