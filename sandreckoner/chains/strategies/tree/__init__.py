"""The parts of a tree of thoughts: expansion, evaluation of thoughts, and search orders."""
