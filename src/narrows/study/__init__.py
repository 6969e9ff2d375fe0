"""Which runs a study has, and what their results say. Imports no torch."""
