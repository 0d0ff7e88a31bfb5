"""Typed messages over WebSockets: one contract, everything else derived from it."""
