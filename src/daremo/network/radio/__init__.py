"""Radio: ITU-R P.1812 in batches, terrain, coverage and the choice of sites."""
