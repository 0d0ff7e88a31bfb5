"""The documented names of `chanx_django.authenticator`."""

from chanx_django.authenticator import ChanxAuthView as ChanxAuthView
from chanx_django.authenticator import DjangoAuthenticator as DjangoAuthenticator
