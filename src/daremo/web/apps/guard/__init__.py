"""How an organisation guards its name, its doors and its machines."""
