"""From an address to a point and back, offline: BAN when the user has it, the shipped streets, the commune."""
