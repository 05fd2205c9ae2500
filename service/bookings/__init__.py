"""Bookings of spaces: the transaction on the busy ledger, its table, and the desk that the doors use."""
