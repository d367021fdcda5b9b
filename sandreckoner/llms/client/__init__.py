"""One call to a model: its parameters, retries, rate limits, errors and replies."""
