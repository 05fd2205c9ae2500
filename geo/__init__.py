"""Geography, time and storage: what every other package builds on. Imports none of them."""
