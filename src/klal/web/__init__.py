"""Pages: participants', convenors', and what they share. Edges only: read, call one service, render."""
