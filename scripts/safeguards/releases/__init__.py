"""Releases of the built dataset: what is in one, what changed, what may go out, and how."""
