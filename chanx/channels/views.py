"""The documented names of `chanx_django.views`."""

from chanx_django.views import AsyncAPIDocsView as AsyncAPIDocsView
from chanx_django.views import AsyncAPISchemaView as AsyncAPISchemaView
from chanx_django.views import generate_asyncapi_schema as generate_asyncapi_schema
