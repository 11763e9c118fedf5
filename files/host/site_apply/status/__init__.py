"""Tells how the site is: for `npm run status`, for the page /status, and for the line on the front page."""
