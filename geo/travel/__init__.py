"""Travel time: the `Router` protocol (`router`), the straight-line estimate, and Valhalla, embedded or at a URL."""
