"""Reading for pages and APIs: SELECTs that return frozen rows, filtered by what the actor may see."""
