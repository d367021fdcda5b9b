"""The results of an evaluation: table, statistics, charts and page."""
