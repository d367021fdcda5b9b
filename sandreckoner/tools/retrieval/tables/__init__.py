"""Tables out of documents: rows, columns, units and totals, each cell with its place."""
