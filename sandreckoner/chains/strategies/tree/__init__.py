"""The parts of a tree of thoughts: how it grows, how thoughts are valued, in which order it is searched."""
