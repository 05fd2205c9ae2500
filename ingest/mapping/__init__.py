"""Mappings: the meaning of the columns of a list, declared in TOML for known lists, suggested for all others."""
