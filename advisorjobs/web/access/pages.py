"""All pages of who may see what."""

from __future__ import annotations

from advisorjobs.web.access import my_account, oidc_pages, people_page, sign_in

__all__ = ["ACCESS_PAGES"]

ACCESS_PAGES = (*sign_in.PAGES, *oidc_pages.PAGES, *my_account.PAGES, *people_page.PAGES)
