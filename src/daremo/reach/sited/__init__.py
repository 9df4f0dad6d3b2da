"""The question inside the yearly plan: which sited help to open, how much of it, and what else to buy."""
