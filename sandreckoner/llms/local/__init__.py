"""Models in this process: llama.cpp and transformers, with constrained decoding."""
