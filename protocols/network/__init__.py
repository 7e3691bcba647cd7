"""The way to a server whatever is spoken: sockets, turns and errands that end with their caller."""
