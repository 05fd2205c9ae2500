"""What is true of any place on the map. Knows none of the other rooms."""
