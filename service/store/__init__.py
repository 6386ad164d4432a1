"""The tables of the service and the small statements that guard them."""
