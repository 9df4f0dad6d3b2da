"""How well a domain is protected, and the next safe step. See ``explain_mail.md``."""
