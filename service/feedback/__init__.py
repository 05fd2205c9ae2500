"""Learning from searches: consent, the search log, and the weights that a person accepted."""
