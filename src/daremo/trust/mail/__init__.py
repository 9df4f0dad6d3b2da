"""Is a message from whom it says: DKIM, SPF, DMARC, ARC, and reports about them. See ``explain_mail.md``."""
