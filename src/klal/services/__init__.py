"""One function per use case: what the command line, the pages and the worker do."""
