"""Programs that run in the sandbox only: `algebra.py` reads them as text, and nothing imports them."""
