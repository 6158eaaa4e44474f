"""Runs any diagram; knows nothing of awards or of the web. Entry points import `engine.database` first."""
