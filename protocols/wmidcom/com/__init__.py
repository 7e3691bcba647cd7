"""WMI of this machine, by COM calls: it works on Windows alone, and loads anywhere."""
