"""The engine behind cover, median and frontier: prices prove, exchanges find, branches close."""
