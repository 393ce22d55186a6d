"""The cells of networks as JavaScript, for pages that run and train them in the browser."""

from throughtime.bridges.javascript.writing import name_of, to_javascript

__all__ = ["name_of", "to_javascript"]
