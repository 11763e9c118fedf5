"""Moves the work of a site to another site: `npm run move`. docs/architecture/decisions/0016 says how."""
