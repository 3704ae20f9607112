from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Chat")

    def ready(self) -> None:
        from accounts.signals import sessions_ended
        from messaging import checks  # noqa: F401 - registers the system checks
        from messaging.live.notify import tell_signed_out

        def tell(sender: object, session_keys: list[str], **kwargs: object) -> None:
            tell_signed_out(session_keys)

        sessions_ended.connect(tell, weak=False, dispatch_uid="messaging-sign-out")
