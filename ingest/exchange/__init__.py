"""Places and spaces in the published schema (docs/schema): written from the store, read back without loss."""
