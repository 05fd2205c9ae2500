"""For territory planners: coverage of people by places, answered and exported."""
