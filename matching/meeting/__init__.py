"""Meeting places: the free rooms that several people reach soonest, by straight line or over a network."""
