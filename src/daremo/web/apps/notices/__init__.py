"""Letters, calls, messages: what is to be told to whom and when."""
