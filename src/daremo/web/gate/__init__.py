"""What stands around every request: number, log, bounds, limits, headers, errors, and what watches the service."""
