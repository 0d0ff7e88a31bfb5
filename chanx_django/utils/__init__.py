"""Small things for projects and their tests."""
