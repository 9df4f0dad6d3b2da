"""Persons, their erasable contact, who stands for whom, who looked."""
