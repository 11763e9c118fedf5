"""Makes what arrives on standard input the running site of this machine, or changes nothing."""
