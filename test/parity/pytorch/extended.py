"""Cases beyond the probe format, marked by their own `format`: see README.md of test/parity."""


def extended_cases(rng):
    return []
