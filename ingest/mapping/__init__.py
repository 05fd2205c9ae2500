"""What the columns of a list mean: declared in a TOML per known list, suggested for any other."""
