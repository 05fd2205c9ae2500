"""The doors: HTTP, pages, CLI, communities, bookings, settings."""
