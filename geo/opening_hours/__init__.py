"""Opening hours in OSM syntax: parsing, canonical spelling, expansion into half-hour slots, description in words."""
