"""Floor 1: a region as tables (areas, people, places, lines, services …) and everything that reads them from real files."""

from daremo.region.model import STAGES, TABLES, Region, load, save

__all__ = ["STAGES", "TABLES", "Region", "load", "save"]
