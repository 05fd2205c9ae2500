"""Lists into places and spaces: readers, mapping, normalisation, resolution, publication, journal."""
