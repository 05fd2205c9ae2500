"""Teleworker to free space: query, index, availability, affinity, terms, ranking, reasons."""
