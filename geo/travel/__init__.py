"""Travel time: one protocol (`model`), one file per way to estimate it."""
