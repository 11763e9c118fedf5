"""Starts and stops the servers of people. The only program of the site with Docker's socket, besides those of the host."""
