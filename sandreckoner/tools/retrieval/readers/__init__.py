"""One reader for each kind of file: bytes in, pages of text out, tables as Markdown."""
