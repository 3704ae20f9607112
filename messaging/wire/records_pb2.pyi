from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Command(_message.Message):
    __slots__ = ("client_id", "room", "sender", "send", "edit", "delete", "join", "leave", "add", "remove", "react", "open", "previews", "hide", "restore", "set_role")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROOM_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    SEND_FIELD_NUMBER: _ClassVar[int]
    EDIT_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    JOIN_FIELD_NUMBER: _ClassVar[int]
    LEAVE_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    REACT_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    HIDE_FIELD_NUMBER: _ClassVar[int]
    RESTORE_FIELD_NUMBER: _ClassVar[int]
    SET_ROLE_FIELD_NUMBER: _ClassVar[int]
    client_id: bytes
    room: int
    sender: int
    send: SendMessage
    edit: EditMessage
    delete: DeleteMessage
    join: JoinRoom
    leave: LeaveRoom
    add: AddMember
    remove: RemoveMember
    react: ReactMessage
    open: OpenRoom
    previews: AttachPreviews
    hide: HideMessage
    restore: RestoreMessage
    set_role: SetRole
    def __init__(self, client_id: _Optional[bytes] = ..., room: _Optional[int] = ..., sender: _Optional[int] = ..., send: _Optional[_Union[SendMessage, _Mapping]] = ..., edit: _Optional[_Union[EditMessage, _Mapping]] = ..., delete: _Optional[_Union[DeleteMessage, _Mapping]] = ..., join: _Optional[_Union[JoinRoom, _Mapping]] = ..., leave: _Optional[_Union[LeaveRoom, _Mapping]] = ..., add: _Optional[_Union[AddMember, _Mapping]] = ..., remove: _Optional[_Union[RemoveMember, _Mapping]] = ..., react: _Optional[_Union[ReactMessage, _Mapping]] = ..., open: _Optional[_Union[OpenRoom, _Mapping]] = ..., previews: _Optional[_Union[AttachPreviews, _Mapping]] = ..., hide: _Optional[_Union[HideMessage, _Mapping]] = ..., restore: _Optional[_Union[RestoreMessage, _Mapping]] = ..., set_role: _Optional[_Union[SetRole, _Mapping]] = ...) -> None: ...

class SendMessage(_message.Message):
    __slots__ = ("body", "html", "reply_to", "filter", "hidden")
    BODY_FIELD_NUMBER: _ClassVar[int]
    HTML_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_FIELD_NUMBER: _ClassVar[int]
    body: str
    html: str
    reply_to: int
    filter: int
    hidden: bool
    def __init__(self, body: _Optional[str] = ..., html: _Optional[str] = ..., reply_to: _Optional[int] = ..., filter: _Optional[int] = ..., hidden: _Optional[bool] = ...) -> None: ...

class EditMessage(_message.Message):
    __slots__ = ("seq", "rev_seen", "body", "html", "filter")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    REV_SEEN_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    HTML_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    seq: int
    rev_seen: int
    body: str
    html: str
    filter: int
    def __init__(self, seq: _Optional[int] = ..., rev_seen: _Optional[int] = ..., body: _Optional[str] = ..., html: _Optional[str] = ..., filter: _Optional[int] = ...) -> None: ...

class DeleteMessage(_message.Message):
    __slots__ = ("seq", "action")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    seq: int
    action: int
    def __init__(self, seq: _Optional[int] = ..., action: _Optional[int] = ...) -> None: ...

class ReactMessage(_message.Message):
    __slots__ = ("seq", "emoji", "on")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    seq: int
    emoji: str
    on: bool
    def __init__(self, seq: _Optional[int] = ..., emoji: _Optional[str] = ..., on: _Optional[bool] = ...) -> None: ...

class AttachPreviews(_message.Message):
    __slots__ = ("seq", "previews")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    seq: int
    previews: _containers.RepeatedCompositeFieldContainer[Preview]
    def __init__(self, seq: _Optional[int] = ..., previews: _Optional[_Iterable[_Union[Preview, _Mapping]]] = ...) -> None: ...

class Preview(_message.Message):
    __slots__ = ("url", "title", "description", "site")
    URL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    url: str
    title: str
    description: str
    site: str
    def __init__(self, url: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., site: _Optional[str] = ...) -> None: ...

class HideMessage(_message.Message):
    __slots__ = ("seq", "action")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    seq: int
    action: int
    def __init__(self, seq: _Optional[int] = ..., action: _Optional[int] = ...) -> None: ...

class RestoreMessage(_message.Message):
    __slots__ = ("seq", "action")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    seq: int
    action: int
    def __init__(self, seq: _Optional[int] = ..., action: _Optional[int] = ...) -> None: ...

class JoinRoom(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LeaveRoom(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AddMember(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: int
    def __init__(self, user: _Optional[int] = ...) -> None: ...

class RemoveMember(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: int
    def __init__(self, user: _Optional[int] = ...) -> None: ...

class SetRole(_message.Message):
    __slots__ = ("user", "role")
    USER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    user: int
    role: str
    def __init__(self, user: _Optional[int] = ..., role: _Optional[str] = ...) -> None: ...

class OpenRoom(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RoomEvent(_message.Message):
    __slots__ = ("room", "after", "rev", "seq", "members_version", "about", "messages", "members")
    ROOM_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    REV_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_VERSION_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    room: int
    after: int
    rev: int
    seq: int
    members_version: int
    about: RoomFact
    messages: _containers.RepeatedCompositeFieldContainer[MessageFact]
    members: _containers.RepeatedCompositeFieldContainer[MemberFact]
    def __init__(self, room: _Optional[int] = ..., after: _Optional[int] = ..., rev: _Optional[int] = ..., seq: _Optional[int] = ..., members_version: _Optional[int] = ..., about: _Optional[_Union[RoomFact, _Mapping]] = ..., messages: _Optional[_Iterable[_Union[MessageFact, _Mapping]]] = ..., members: _Optional[_Iterable[_Union[MemberFact, _Mapping]]] = ...) -> None: ...

class RoomFact(_message.Message):
    __slots__ = ("kind", "name", "topic", "meta", "archived", "slow_mode_s", "announcements")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    SLOW_MODE_S_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCEMENTS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    name: str
    topic: str
    meta: int
    archived: bool
    slow_mode_s: int
    announcements: bool
    def __init__(self, kind: _Optional[str] = ..., name: _Optional[str] = ..., topic: _Optional[str] = ..., meta: _Optional[int] = ..., archived: _Optional[bool] = ..., slow_mode_s: _Optional[int] = ..., announcements: _Optional[bool] = ...) -> None: ...

class MessageFact(_message.Message):
    __slots__ = ("json", "fingerprint", "hidden_body", "hidden_html")
    JSON_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_BODY_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_HTML_FIELD_NUMBER: _ClassVar[int]
    json: bytes
    fingerprint: int
    hidden_body: str
    hidden_html: str
    def __init__(self, json: _Optional[bytes] = ..., fingerprint: _Optional[int] = ..., hidden_body: _Optional[str] = ..., hidden_html: _Optional[str] = ...) -> None: ...

class MemberFact(_message.Message):
    __slots__ = ("user", "role", "read")
    USER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    user: int
    role: str
    read: int
    def __init__(self, user: _Optional[int] = ..., role: _Optional[str] = ..., read: _Optional[int] = ...) -> None: ...
