"""Parse what a model wrote: programs, answers, numbers, tool calls. Nothing is run here."""
