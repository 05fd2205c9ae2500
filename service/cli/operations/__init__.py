"""Commands that build, serve, check and measure an installation."""
