"""How much money a client will have: what recurs, what is due, and what usually happens beside that."""
