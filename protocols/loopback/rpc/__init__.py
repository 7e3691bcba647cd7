"""The server's end of DCOM: connections, logons, and the objects that clients hold."""
