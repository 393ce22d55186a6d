"""The mathematics of `cells`, compiled with Numba: arrays in, arrays out; time-major, (time, batch, features)."""
