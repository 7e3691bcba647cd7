"""A PowerShell that answers from a table of scripts, by powershell.exe and by PSRP alike."""
