"""Searches as people ask them: filters and their values, the query they mean, the answer as every door gives it."""
