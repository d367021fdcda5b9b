"""A server that speaks OpenAI's protocol: each of its models is a strategy over a model. See README.md."""
