"""The door for people: pages, and the addresses of their pictures and files."""
