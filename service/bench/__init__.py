"""`placelibre bench`: a seeded world, a published mix of queries, the engine and its peers answering the same ones."""
