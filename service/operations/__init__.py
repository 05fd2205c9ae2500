"""Operation of an installation: checks, the worker, the owner of the home."""
