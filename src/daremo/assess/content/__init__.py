"""Content of the check: what is asked of residents, staff and organisations, and what may come next."""
