"""The nouns, the effects, the drivers, the errors, the trace and the journal: standard library only."""
