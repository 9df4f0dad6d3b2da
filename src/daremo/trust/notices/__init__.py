"""Official messages: registered, signed, logged; and the check of what somebody received. See ``explain_notices.md``."""
