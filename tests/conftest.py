"""Settings that every test shares."""

from hypothesis import settings

# A test must not fail because the machine is busy. All else stays as Hypothesis chose it, which derandomises
# on CI.
settings.register_profile("no-deadline", settings(), deadline=None)
settings.load_profile("no-deadline")
