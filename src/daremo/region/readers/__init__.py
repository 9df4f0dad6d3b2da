"""Readers: each file is recognised by what is in it and turned into rows of the region's tables, with every problem collected."""
