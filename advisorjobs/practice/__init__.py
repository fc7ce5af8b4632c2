"""An invented accountants' practice: two firms, their clients and a year of the clients' books, for the demo and tests."""
