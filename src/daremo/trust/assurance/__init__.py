"""Which identity proofing and authentication a service needs, and whom each choice shuts out. See ``explain_assurance.md``."""
