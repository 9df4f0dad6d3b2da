"""Acting for a person inside named procedures, until a date."""
