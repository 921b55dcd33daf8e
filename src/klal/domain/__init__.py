"""Records and rules. Standard library only: no numbers, no files but the package's own language files, no framework."""
