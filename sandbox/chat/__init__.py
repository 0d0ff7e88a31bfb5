"""Chat rooms: the app that the sandbox is made of."""
