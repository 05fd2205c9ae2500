"""Keys of communities and the secret of the installation: who may act for whom."""
