from django.urls import path

from messaging.views import export, invites, rooms

app_name = "messaging"

urlpatterns = [
    path("accounts/export/", export.export_mine, name="export-mine"),
    path("invite/<str:token>/", invites.invite, name="invite"),
    path("invite/<str:token>/accept/", invites.accept, name="accept-invite"),
    path("rooms/", rooms.room_list, name="rooms"),
    path("rooms/new/", rooms.new_room, name="new-room"),
    path("rooms/direct/", rooms.direct, name="direct"),
    path("rooms/<int:room_id>/", rooms.room, name="room"),
    path("rooms/<int:room_id>/join/", rooms.join, name="join"),
    path("rooms/<int:room_id>/leave/", rooms.leave, name="leave"),
    path("rooms/<int:room_id>/people/", rooms.people, name="people"),
    path("rooms/<int:room_id>/people/add/", rooms.add_member, name="add-member"),
    path("rooms/<int:room_id>/<int:seq>/", rooms.room, name="message"),
]
