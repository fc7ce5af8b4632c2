"""Mails: rendered from templates, built, guarded, and handed to an SMTP server or put into a folder.

words and layout → rendering.py · headers and attachments → message.py · what may leave → guard.py · how it leaves → post.py,
which is transport.py (SMTP) or folder.py.
"""
