"""What every transport promises to clients: written once, run on the memory transport and on Channels."""
