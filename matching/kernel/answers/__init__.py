"""Results as bytes of GeoJSON, written by the kernel."""
