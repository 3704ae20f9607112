"""The chat of the Channels tutorial, as the reference of our own rooms; and a consumer that does nothing at all."""
