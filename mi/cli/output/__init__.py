"""How the commands print: tables for people; JSON, JSON lines and CSV for programs."""
