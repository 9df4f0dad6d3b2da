"""Every change of the desk as one event, and the tables rebuilt from them."""
