"""Reading what a model wrote: programs, answers, and the votes between them. Pure: nothing is run here."""
