"""The cells of networks as JavaScript, for pages that run and train them in the browser."""

from throughtime.bridges.javascript.writing import to_javascript

__all__ = ["to_javascript"]
