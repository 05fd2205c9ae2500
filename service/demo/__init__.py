"""The demonstration: which real places offer what, and their pretended bookings."""
