"""Lines and backbones: gaps, bottlenecks, failures, availability, upgrades and access. Method and limits: ``explain.md``."""
