"""Texts and pages that jobs fill in: e-mails, reports."""
