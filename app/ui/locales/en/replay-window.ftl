# The pane of a replay.
