from django.urls import path

from messaging.views import export, invites, moderation, ops, rooms

app_name = "messaging"

urlpatterns = [
    path("accounts/export/", export.export_mine, name="export-mine"),
    path("ops/", ops.overview, name="ops"),
    path("invite/<str:token>/", invites.invite, name="invite"),
    path("invite/<str:token>/accept/", invites.accept, name="accept-invite"),
    path("rooms/", rooms.room_list, name="rooms"),
    path("rooms/new/", rooms.new_room, name="new-room"),
    path("rooms/direct/", rooms.direct, name="direct"),
    path("rooms/<int:room_id>/", rooms.room, name="room"),
    path("rooms/<int:room_id>/join/", rooms.join, name="join"),
    path("rooms/<int:room_id>/leave/", rooms.leave, name="leave"),
    path("reports/", moderation.my_reports, name="reports"),
    path("rooms/<int:room_id>/cases/", moderation.room_queue, name="cases"),
    path("rooms/<int:room_id>/cases/<int:case_id>/", moderation.room_case, name="case"),
    path("rooms/<int:room_id>/held/<int:held_id>/", moderation.room_held, name="held"),
    path("rooms/<int:room_id>/people/", rooms.people, name="people"),
    path("rooms/<int:room_id>/people/add/", rooms.add_member, name="add-member"),
    path("rooms/<int:room_id>/<int:seq>/", rooms.room, name="message"),
]
