/** Telling the moderators of a message. No DOM. */

/** In the order in which they are offered; words.reportReasons has a name for each. */
export const REASONS = ["spam", "harassment", "hate", "violence", "illegal", "other"];

/**
 * Send a report. `post(path, fields)` is a promise of {ok, fields}: the API's answer, or null when it cannot be had.
 * Returns {state: "sent"} or {state: "failed", message}; `message` is empty where the server said nothing.
 */
export async function sendReport(post, { room, seq, reason, comment }) {
  const answer = await post(`rooms/${room}/messages/${seq}/report`, { reason, comment: comment.trim() });
  if (answer?.ok) return { state: "sent" };
  return { state: "failed", message: answer?.fields?.message ?? "" };
}
