"""The Management Infrastructure client: Microsoft's MI API for Python."""
