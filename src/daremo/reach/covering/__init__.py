"""Covering everybody with the fewest (or cheapest) places: the engine behind `cover_everybody` and `centre`."""
