"""What became of it after thirty and ninety days."""
