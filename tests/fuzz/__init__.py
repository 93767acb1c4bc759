"""Every parser of bytes that others may have made, held against random and mutated ones: `make fuzz` for a minute."""
