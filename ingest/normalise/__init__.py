"""One field per module: what people write, as values the store can hold, or None when nothing is known."""
