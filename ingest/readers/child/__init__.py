"""Reads a file in a child process with limits of memory and time: compiled code that trusts it may end its process."""
