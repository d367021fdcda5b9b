"""One reader per file format: takes bytes, returns pages of text with tables as Markdown."""
