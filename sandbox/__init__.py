"""A chat that shows chanx at work in the browser: ``python -m sandbox``."""
