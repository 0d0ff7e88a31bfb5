"""The documented import paths of chanx for Django; the code is in `chanx_django`."""
