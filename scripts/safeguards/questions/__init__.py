"""What advocates ask: gaps, comparisons, critiques, claims, evidence for a code, and searches."""
