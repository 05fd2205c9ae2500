"""Geocoding: from an address and its commune to a point, with the address index of the Base Adresse Nationale (BAN)."""
