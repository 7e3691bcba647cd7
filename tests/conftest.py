"""What every test gets: reproducible property-based tests."""

import os

from hypothesis import settings

# The same examples in every run, so that a red suite is red for the one who looks into it.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("nightly", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
