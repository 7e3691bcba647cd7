"""Files between this machine and a host, through a shell of commands."""
