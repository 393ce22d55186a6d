"""What the calls that a user makes cost, beside other libraries and computed limits: `python -m benchmarks --help`."""
