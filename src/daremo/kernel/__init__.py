"""Floor 0: errors, tables, units and results that every other floor rests on. Knows no clock, network or environment."""
