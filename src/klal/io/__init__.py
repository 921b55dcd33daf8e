"""Readers and writers of conversations. Every reader has a writer, or its module says why not."""
