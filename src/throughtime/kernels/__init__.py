"""The mathematics of `cells`, compiled with Numba: arrays in, arrays out; time-major, (time, batch, features)."""

from throughtime.support.threads import threads_of_environment

threads_of_environment()  # Numba, which reads it too, would answer with a traceback, or without its name
