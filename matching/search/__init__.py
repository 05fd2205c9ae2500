"""The exact search: encodes queries for the kernel, ranks places by distance or travel time, and merges layers."""
