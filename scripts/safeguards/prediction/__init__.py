"""Proposals of codes: made by rules or by a trained model, measured before anybody sees them."""
