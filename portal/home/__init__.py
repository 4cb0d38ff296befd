"""Pages that gather from every room: home, known-issue board, look-up by number, My calls, teams, help, health, OpenAPI.

Nothing is decided or stored here but what the portal does by itself when (timetable) and keeps how long (retention): every
other figure and action is another room's. Uses all rooms by their services.
"""
