"""The explorer: static pages on the whole dataset, which open from a folder or any web host."""
