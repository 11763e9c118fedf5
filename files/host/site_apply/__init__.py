"""The host program: releases the site that arrives on standard input, and maintains the running site."""
