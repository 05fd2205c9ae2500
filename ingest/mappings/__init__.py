"""One TOML per list that PlaceLibre knows; the next list is one new file. `mapping.model` says what it may hold."""
