"""What the user has configured: models, limits, prices and keys, each value with its origin."""
