"""What goes into a search and what comes out: the query, the weights of its terms, the results."""
