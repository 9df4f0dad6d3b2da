"""Ordered median: the trips of whoever is worst off, as p-medians beyond a trip."""
