"""Badges, qualifications and attendance as verifiable credentials, with a copy on paper. See ``explain_credentials.md``."""
