/** What a first visit does not need. */
import { lazy } from "./lazy.js";

export const CrowdDialog = lazy(() => import("./crowd_dialog.js"), "CrowdDialog");
export const DeleteDialog = lazy(() => import("./message_dialogs.js"), "DeleteDialog");
export const Details = lazy(() => import("./details.js"), "Details");
export const EmojiPicker = lazy(() => import("./emoji_picker.js"), "EmojiPicker");
export const JourneyDialog = lazy(() => import("./journey_dialog.js"), "JourneyDialog");
export const ModerationNews = lazy(() => import("./moderation_news.js"), "ModerationNews");
export const FormatHints = lazy(() => import("./format_hints.js"), "FormatHints");
export const MessageTools = lazy(() => import("./message_tools.js"), "MessageTools");
export const ReportDialog = lazy(() => import("./report_dialog.js"), "ReportDialog");
export const Veil = lazy(() => import("./blocked.js"), "Veil");
export const VersionsDialog = lazy(() => import("./message_dialogs.js"), "VersionsDialog");
