"""The hall: one function, one transaction. Doors run them by `transact`; every instance moves through `advance`."""
