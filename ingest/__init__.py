"""Lists into places and spaces: readers, mapping, normalise, resolve, journal."""
