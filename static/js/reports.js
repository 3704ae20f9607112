/** Telling the moderators of a message. No DOM. */

/** In the order in which they are offered; words.reportReasons has a name for each. */
export const REASONS = ["spam", "harassment", "hate", "violence", "illegal", "other"];

/** Send a report by an Api. Returns {state: "sent"} or {state: "failed", message}. */
export async function sendReport(api, { room, seq, reason, comment }) {
  try {
    await api.change("POST", `rooms/${room}/messages/${seq}/report`, { reason, comment: comment.trim() });
    return { state: "sent" };
  } catch (error) {
    return { state: "failed", message: error.message };
  }
}
