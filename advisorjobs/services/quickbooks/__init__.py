"""QuickBooks Online: a company's customers, accounts, invoices and payments come into the practice's tables."""
