"""What pages show: reading only."""
