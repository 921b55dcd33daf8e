"""The pages, one module each: read, call one service, render."""
