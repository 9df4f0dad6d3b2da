"""Floor 3: the loop — see (gap), plan, check, stress. Only here are capabilities joined."""
