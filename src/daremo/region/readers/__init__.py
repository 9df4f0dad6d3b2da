"""Readers: each file is recognised by what is in it and turned into rows, with every problem collected."""
