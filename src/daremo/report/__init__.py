"""Floor 3: results as pages, maps, sheets and PDF. Computes nothing, only shows."""
