"""A client's books: the categories that its transactions are sorted into."""
