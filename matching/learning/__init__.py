"""Learns the weights of the score from logged choices. The exact search and its explanations do not change."""
