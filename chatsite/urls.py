from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from chatsite import health
from messaging.api.api import api


def home(request: HttpRequest) -> HttpResponse:
    return redirect("messaging:rooms" if request.user.is_authenticated else "accounts:login")


urlpatterns = [
    path("", home, name="home"),
    path("", include("messaging.urls")),
    path("accounts/", include("accounts.urls")),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("icons/favicon.svg"))),
    path("livez", health.livez),
    path("readyz", health.readyz),
]
