from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from chatsite import health
from messaging.api.api import api

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="messaging:rooms"), name="home"),
    path("", include("messaging.urls")),
    path("accounts/", include("accounts.urls")),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("icons/favicon.svg"))),
    path("livez", health.livez),
    path("readyz", health.readyz),
]
