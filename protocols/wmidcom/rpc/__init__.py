"""WMI on another machine, by DCOM in pure Python: what sends, logs on and keeps alive."""
