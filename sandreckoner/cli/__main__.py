"""`python -m sandreckoner.cli`: the command where it is not on the path."""

import sys

from sandreckoner.cli import main

sys.exit(main())
