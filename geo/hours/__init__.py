"""Opening hours in pieces: rules, their parser, days, slots, words. Use `geo.opening_hours.patterns`."""
