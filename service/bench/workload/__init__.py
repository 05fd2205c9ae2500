"""The world and the queries of the bench, drawn from a seed."""
