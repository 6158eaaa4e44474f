"""The web: the only code that knows Flask."""
