"""Stripe: what a firm has done there, once however often the job runs."""
