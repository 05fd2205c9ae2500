"""The running index: a snapshot kept in step with the store, rebuilt in the background."""
