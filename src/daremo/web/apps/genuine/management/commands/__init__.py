"""Commands of the service, run by whoever operates it."""
