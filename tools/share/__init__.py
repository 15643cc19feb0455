"""Shares a notebook: a page that is read offline, a notebook that GitHub shows, and the results beside them."""
