from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Chat")

    def ready(self) -> None:
        from django.conf import settings
        from django.db.models.signals import post_migrate

        from accounts.models import User
        from accounts.signals import account_closed, sessions_ended
        from messaging import checks, tracing  # noqa: F401 - checks registers the system checks
        from messaging.actions import rooms
        from messaging.actions.groups import make_groups
        from messaging.live.notify import tell_signed_out

        def tell(sender: object, session_keys: list[str], **kwargs: object) -> None:
            tell_signed_out(session_keys)

        def leave_rooms(sender: object, user: User, **kwargs: object) -> None:
            rooms.leave_all(user)

        tracing.switch(settings.CHAT_TRACES, settings.CHAT_TRACES_SERVICE)
        post_migrate.connect(make_groups, sender=self, dispatch_uid="messaging-groups")
        account_closed.connect(leave_rooms, weak=False, dispatch_uid="messaging-account-closed")
        sessions_ended.connect(tell, weak=False, dispatch_uid="messaging-sign-out")
