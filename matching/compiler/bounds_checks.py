"""Checked build: an index outside its array ends the process with a message that names function, index and length.

Tests run searches with it. Normal machine code has no such checks, and is kept under another fingerprint.
"""

_state = {"on": False}


def turn_on() -> None:
    """For the rest of the process; to be called before anything is compiled or loaded in it."""
    _state["on"] = True


def are_on() -> bool:
    return _state["on"]
