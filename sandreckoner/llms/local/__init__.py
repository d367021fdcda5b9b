"""Models in this process: llama.cpp and transformers, with constrained decoding."""

import os

# OpenMP's threads spin while they wait for each other, some thousand times a step; beside any other load that
# costs a factor of ten to thirty. Without any spinning each wait is a sleep, and a token on an idle machine
# takes a third longer; a short spin is best in both cases. libgomp reads the two variables once, when the
# first runtime of the process brings it in: so they stand here, before any module of this room can.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
