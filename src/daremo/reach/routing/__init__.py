"""Days out with a mobile desk: routes that keep the rules of work, plans made of them, and what no plan can beat."""
