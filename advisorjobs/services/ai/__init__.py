"""What is found out about a client's money: numbers by code, words by a language model or by templates."""
