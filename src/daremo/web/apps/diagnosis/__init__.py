"""Organisations look at themselves: three self-diagnoses and the digital competence of their people."""
