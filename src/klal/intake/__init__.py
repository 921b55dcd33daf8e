"""The hot path: takes votes, commits many at once, answers with the next statement, and tells browsers of news."""
