"""Hypothesis draws the same examples in every run, and time decides no test."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
