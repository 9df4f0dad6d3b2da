"""Is it genuine, unaltered and who it says: log, notices, mail, credentials, assurance, exposure. See ``explain.md``."""
