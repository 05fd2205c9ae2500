"""Commands about lists, communities and what becomes of their rows."""
