"""WMI over DCOM on the wire: DCE/RPC, activation, calls on objects, objects. It does no I/O."""
