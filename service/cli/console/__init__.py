"""Output of commands: text, JSON, tables and progress."""
