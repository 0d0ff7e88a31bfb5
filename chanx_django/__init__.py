"""Chanx for Django: Channels, Django REST framework and the settings."""
