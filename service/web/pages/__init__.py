"""Pages for people who are signed in, one noun a file."""
