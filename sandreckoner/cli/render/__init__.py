"""How answers, runs and tables are shown: on the screen, as JSON, and as pages to keep."""
