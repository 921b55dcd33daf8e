"""One function per use case: what the command line does, and later the pages and the worker."""
