# The log of the program, and reports of crashes.
command-program-log = Log of the program
program-level = Level
program-level-error = Errors
program-level-warn = Warnings
program-level-info = Information
program-level-debug = Debug
program-level-trace = Trace
program-copy = Copy the log of the program
program-save = Save the log of the program
program-save-hint = The lines that are shown, as text; what was sent, received or typed is not among them.
program-clear = Clear the log of the program
program-close = Close the log of the program
program-lines = { $lines ->
    [one] { $lines } line
   *[other] { $lines } lines
}
program-gone = { $lines } older ones went to make room
program-nothing = Nothing was said at this level
program-alert = { $count ->
    [one] { $text }
   *[other] { $text } ({ $count } in the log of the program)
}
crash-offer = Espalier crashed the last time and left a report
crash-title = Report of the crash
crash-hint = It is on this computer only. What was sent, received or typed is not in it.
crash-show = Show the report
crash-keep = Keep it
crash-delete = Delete it
