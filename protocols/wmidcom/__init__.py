"""The WMIDCOM handler: WMI over DCOM, and over COM on Windows itself."""
