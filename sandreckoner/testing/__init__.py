"""For tests of applications: a scripted model, and the conformance suite for models."""
