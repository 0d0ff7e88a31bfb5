"""The framework-free heart: contract, wire, dispatch, session, relay."""
