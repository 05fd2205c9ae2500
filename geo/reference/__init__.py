"""Reference data shipped in `data/`: communes, boundaries, overseas territories, and the comparison of toponyms."""
