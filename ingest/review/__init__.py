"""Review by people: the queue of unclear pairs, explanations of places, decisions."""
