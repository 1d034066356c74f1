"""Annotation in Label Studio: what annotators see, what is sent, and what comes back."""
