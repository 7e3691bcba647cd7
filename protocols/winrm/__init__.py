"""The WINRM handler: WS-Management over HTTP and HTTPS."""
