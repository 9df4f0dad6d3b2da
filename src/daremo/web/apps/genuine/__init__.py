"""Is this really from the city? Official messages, their log and keys, badges, the posture of a domain."""
