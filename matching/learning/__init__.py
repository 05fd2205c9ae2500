"""Weights of the score learned from what people chose: frames in, weights out. Only weights are learned, so the exact
search, its speed and its reasons stay as they are."""
