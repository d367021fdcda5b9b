"""Types, effects, the scheduler and its drivers, budget, trace, journal and errors; standard library only."""
