"""Shells that run scripts of a table and never anything of the machine: cmd, PowerShell, PSRP."""
