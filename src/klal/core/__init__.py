"""Numbers only: votes in, frozen results out. No clock, file, print, log or global seed, and never a write to the input."""
