"""The desk: the web service a municipality runs."""
